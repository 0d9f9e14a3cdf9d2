package io.ghee.io.kafka;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Keeps the records of one worker that could not be decoded. Used by one thread, which closes it. */
sealed interface DeadLetterWriter {
    void write(ConsumerRecord<byte[], byte[]> record, String error) throws IOException;

    /** Returns when all that was written is kept. */
    void flush() throws IOException;

    void close() throws IOException;

    /** See {@link DeadLetters#topic}. */
    final class ToTopic implements DeadLetterWriter {
        private final String topic;
        private final KafkaSettings settings;
        private final AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
        private @Nullable KafkaProducer<byte[], byte[]> producer;

        ToTopic(String topic, KafkaSettings settings) {
            this.topic = topic;
            this.settings = settings;
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // the callback hears of it
        public void write(ConsumerRecord<byte[], byte[]> record, String error) throws IOException {
            ProducerRecord<byte[], byte[]> letter =
                    new ProducerRecord<>(topic, null, record.key(), record.value(), record.headers());
            for (KafkaHeader header : new KafkaHeader[] {
                KafkaHeader.of("ghee.topic", record.topic()),
                KafkaHeader.of("ghee.partition", Integer.toString(record.partition())),
                KafkaHeader.of("ghee.offset", Long.toString(record.offset())),
                KafkaHeader.of("ghee.timestamp", Long.toString(record.timestamp())),
                KafkaHeader.of("ghee.error", error)
            }) {
                letter.headers().add(header.name(), header.value());
            }
            try {
                if (producer == null) {
                    producer = new KafkaProducer<>(settings.producer());
                }
                producer.send(letter, (where, e) -> {
                    if (e != null) {
                        failed.compareAndSet(null, e);
                    }
                });
            } catch (InterruptException e) {
                throw interrupted(e);
            } catch (KafkaException e) {
                throw failure(e);
            }
        }

        @Override
        public void flush() throws IOException {
            if (producer == null) {
                return;
            }
            try {
                producer.flush();
            } catch (InterruptException e) {
                throw interrupted(e);
            }
            Exception e = failed.get();
            if (e != null) {
                throw failure(e);
            }
        }

        private static InterruptedIOException interrupted(InterruptException e) {
            InterruptedIOException interrupted = new InterruptedIOException("dead letters");
            interrupted.initCause(e);
            return interrupted;
        }

        private GheeException failure(Exception e) {
            return KafkaErrors.of(e, "dead letters to " + topic, settings);
        }

        @Override
        public void close() {
            if (producer != null) {
                producer.close(Duration.ZERO);
            }
        }
    }

    /** See {@link DeadLetters#directory}. */
    final class ToDirectory implements DeadLetterWriter {
        private static final JsonMapper MAPPER = new JsonMapper();

        private final Path file;
        private @Nullable FileChannel channel;
        private @Nullable JsonGenerator out;
        private boolean dirty;

        ToDirectory(Path directory) {
            this.file = directory.resolve("dead-letters-" + UUID.randomUUID() + ".jsonl");
        }

        @Override
        public void write(ConsumerRecord<byte[], byte[]> record, String error) {
            try {
                JsonGenerator to = opened();
                to.writeStartObject();
                to.writeStringField("topic", record.topic());
                to.writeNumberField("partition", record.partition());
                to.writeNumberField("offset", record.offset());
                to.writeNumberField("timestamp", record.timestamp());
                to.writeStringField("error", error);
                to.writeFieldName("key");
                write(to, record.key());
                to.writeFieldName("value");
                write(to, record.value());
                to.writeArrayFieldStart("headers");
                for (Header header : record.headers()) {
                    to.writeStartObject();
                    to.writeStringField("name", header.key());
                    to.writeFieldName("value");
                    write(to, header.value());
                    to.writeEndObject();
                }
                to.writeEndArray();
                to.writeEndObject();
                to.writeRaw('\n');
                dirty = true;
            } catch (IOException e) {
                throw failed(e);
            }
        }

        private static void write(JsonGenerator to, byte @Nullable [] value) throws IOException {
            if (value == null) {
                to.writeNull();
            } else {
                to.writeBinary(value);
            }
        }

        private JsonGenerator opened() throws IOException {
            if (out == null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
                channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                out = MAPPER.createGenerator(Channels.newOutputStream(channel)).setRootValueSeparator(null);
            }
            return out;
        }

        @Override
        public void flush() {
            if (!dirty || out == null || channel == null) {
                return;
            }
            try {
                out.flush();
                channel.force(true);
                dirty = false;
            } catch (IOException e) {
                throw failed(e);
            }
        }

        private InfrastructureException failed(IOException e) {
            return new InfrastructureException("dead letters: " + file + " cannot be written: " + e, e);
        }

        @Override
        public void close() throws IOException {
            if (out != null) {
                out.close();
            }
        }
    }
}
