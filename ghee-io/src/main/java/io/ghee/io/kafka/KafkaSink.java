package io.ghee.io.kafka;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InputException;
import io.ghee.function.RecordFunction;
import io.ghee.plan.Shipping;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.ResumableSink;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to a topic, in transactions; made by {@link Kafka#to}. Immutable: the methods return the same sink with one
 * option more.
 *
 * @param <T> the records
 */
public final class KafkaSink<T> implements ResumableSink<T> {
    private final String topic;
    private final Encoder<T> value;
    private final @Nullable Encoder<T> key;
    private final @Nullable RecordFunction<T, List<KafkaHeader>> headers;
    private final @Nullable RecordFunction<T, Integer> partition;
    private final KafkaSettings settings;

    private KafkaSink(
            String topic,
            Encoder<T> value,
            @Nullable Encoder<T> key,
            @Nullable RecordFunction<T, List<KafkaHeader>> headers,
            @Nullable RecordFunction<T, Integer> partition,
            KafkaSettings settings) {
        this.topic = check(!topic.isBlank(), "topic", topic, "the name of a topic");
        this.value = value;
        this.key = key;
        this.headers = headers;
        this.partition = partition;
        this.settings = settings;
    }

    static <T> KafkaSink<T> of(String topic, Encoder<T> value) {
        return new KafkaSink<>(topic, value, null, null, null, KafkaSettings.NONE);
    }

    private KafkaSink<T> with(KafkaSettings changed) {
        return new KafkaSink<>(topic, value, key, headers, partition, changed);
    }

    /** The brokers to ask first: {@code host:9092,...}. */
    public KafkaSink<T> bootstrapServers(String servers) {
        return with(settings.bootstrapServers(servers));
    }

    /**
     * A property of Kafka's clients, passed on as it is: {@code compression.type}, {@code partitioner.class}.
     *
     * @throws io.ghee.ConfigurationException if it is one that ghee sets itself
     */
    public KafkaSink<T> property(String name, String value) {
        return with(settings.with(name, value));
    }

    /** Several properties; see {@link #property}. */
    public KafkaSink<T> properties(Map<String, String> properties) {
        return with(settings.with(properties));
    }

    /** Writes each record under a key of text; without it, under none. */
    public KafkaSink<T> key(RecordFunction<T, String> key) {
        return key(key, Payload.strings());
    }

    /** Writes each record under a key. Records of one key go to one partition, unless a partitioner says otherwise. */
    public <K> KafkaSink<T> key(RecordFunction<T, K> key, Encoder<K> encoder) {
        Shipping.check(key, "key");
        Shipping.check(encoder, "key");
        return new KafkaSink<>(topic, value, record -> encoder.encode(key.apply(record)), headers, partition, settings);
    }

    /** Writes headers with each record. */
    public KafkaSink<T> headers(RecordFunction<T, List<KafkaHeader>> headers) {
        Shipping.check(headers, "headers");
        return new KafkaSink<>(topic, value, key, headers, partition, settings);
    }

    /** Says which partition each record goes to, from 0; without it, the partitioner of Kafka's client does. */
    public KafkaSink<T> partition(RecordFunction<T, Integer> partition) {
        Shipping.check(partition, "partition");
        return new KafkaSink<>(topic, value, key, headers, partition, settings);
    }

    String topic() {
        return topic;
    }

    KafkaSettings settings() {
        return settings;
    }

    @Override
    public String describe() {
        return "kafka " + topic;
    }

    /** Always: what was written is seen with its transaction, and a transaction is for one writer and some seconds. */
    @Override
    public boolean commitsOnTheWay() {
        return true;
    }

    @Override
    public void prepare(String job) {
        throw new IllegalStateException("job " + job + " commits once");
    }

    @Override
    public Taken takeOver(String job, int last) throws IOException {
        prepare();
        return new KafkaCommits<>(this, job).takeOver(last);
    }

    @Override
    public void begin(String job, int attempt, int writers, byte[] position) throws IOException {
        new KafkaCommits<>(this, job).begin(attempt, writers, position);
    }

    @Override
    public CommittingWriter<T> open(String job, int replica, int attempt) throws IOException {
        TransactionalWriter<T> writer = new KafkaCommits<>(this, job).open(replica, attempt);
        return new CommittingWriter<>() {
            @Override
            public void write(T record) throws IOException {
                try {
                    writer.write(record);
                } catch (IOException | RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException(record + " cannot be encoded: " + e, e);
                }
            }

            @Override
            public void commit(byte[] position) throws IOException {
                writer.commit(position);
            }

            @Override
            public String finish() {
                return "";
            }

            @Override
            public void close() throws IOException {
                writer.close();
            }
        };
    }

    /** Everything has been committed on the way. */
    @Override
    public void commit(String job, List<String> finished) {}

    /** What is not committed is discarded by its writers, or by the brokers. */
    @Override
    public void abort(String job) {}

    /**
     * Checks the destination, on the driver.
     *
     * @throws ConfigurationException if the topic is not there
     */
    void prepare() throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            admin.partitions(topic);
        } catch (InputException e) {
            throw new ConfigurationException("output: " + e.reason(), e);
        }
    }

    /** What Kafka's client is given of a record. */
    ProducerRecord<byte[], byte[]> encode(T record) throws Exception {
        ProducerRecord<byte[], byte[]> encoded = new ProducerRecord<>(
                topic,
                partition == null ? null : partition.apply(record),
                key == null ? null : key.encode(record),
                value.encode(record));
        if (headers != null) {
            for (KafkaHeader header : headers.apply(record)) {
                encoded.headers().add(header.name(), header.value());
            }
        }
        return encoded;
    }

    @Override
    public String toString() {
        return describe();
    }
}
