package io.ghee.io.kafka;

import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.source.UnboundedSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The records of Kafka topics, in the order of each partition; made by {@link Kafka#topic}. Only what was committed is read,
 * unless {@code isolation.level} says otherwise. Immutable: the methods return the same source with one option more.
 *
 * <p>Partitions that are added to a topic are read when the job is started anew.
 *
 * @param <T> what a record becomes
 */
public final class KafkaSource<T> implements UnboundedSource<T> {
    /** How long what a producer has been told is committed may take until it is seen. */
    private static final long COMMITTING_NANOS = 1_000_000_000;

    private final Topics topics;
    private final Decoder<T> decoder;
    private final KafkaSettings settings;
    private final KafkaOffsets start;
    private final @Nullable DeadLetters deadLetters;

    private KafkaSource(
            Topics topics,
            Decoder<T> decoder,
            KafkaSettings settings,
            KafkaOffsets start,
            @Nullable DeadLetters deadLetters) {
        this.topics = topics;
        this.decoder = decoder;
        this.settings = settings;
        this.start = start;
        this.deadLetters = deadLetters;
    }

    static <T> KafkaSource<T> of(Topics topics, Decoder<T> decoder) {
        return new KafkaSource<>(topics, decoder, KafkaSettings.NONE, KafkaOffsets.earliest(), null);
    }

    private KafkaSource<T> with(KafkaSettings changed) {
        return new KafkaSource<>(topics, decoder, changed, start, deadLetters);
    }

    /** The brokers to ask first: {@code host:9092,...}. */
    public KafkaSource<T> bootstrapServers(String servers) {
        return with(settings.bootstrapServers(servers));
    }

    /**
     * A property of Kafka's clients, passed on as it is. {@code default.api.timeout.ms} is also how long a broker may be silent.
     *
     * @throws io.ghee.ConfigurationException if it is one that ghee sets itself
     */
    public KafkaSource<T> property(String name, String value) {
        return with(settings.with(name, value));
    }

    /** Several properties; see {@link #property}. */
    public KafkaSource<T> properties(Map<String, String> properties) {
        return with(settings.with(properties));
    }

    /** Where a new job begins to read; at the earliest offsets if it is not said. */
    public KafkaSource<T> startAt(KafkaOffsets offsets) {
        return new KafkaSource<>(topics, decoder, settings, offsets, deadLetters);
    }

    /** Keeps records that cannot be decoded, counts them in the report, and goes on; without it, each is a {@link io.ghee.BadRecordException}. */
    public KafkaSource<T> deadLetters(DeadLetters to) {
        return new KafkaSource<>(topics, decoder, settings, start, to);
    }

    /**
     * The same source up to the offsets that are the latest when the job starts. Where transactions are open then, that is in
     * front of the first one.
     */
    public BoundedSource<T> untilLatest() {
        return new UntilLatest<>(this);
    }

    @Override
    public long maxQuarantined() {
        return deadLetters == null ? Long.MAX_VALUE : deadLetters.most();
    }

    @Override
    public String describe() {
        return "kafka " + topics + " from " + start;
    }

    /**
     * One split per partition.
     *
     * @throws io.ghee.InputException if a topic is not there, or an offset where the reading is to begin
     * @throws io.ghee.ConfigurationException if the brokers refuse properties, credentials or access
     * @throws io.ghee.InfrastructureException if the brokers do not answer within {@code default.api.timeout.ms}
     */
    @Override
    public List<? extends Split> splits(int readers) throws IOException {
        return splits(false);
    }

    private List<KafkaSplit> splits(boolean untilLatest) throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            List<TopicPartition> partitions = topics.partitions(admin);
            if (deadLetters != null) {
                deadLetters.check(admin, topics);
            }
            Map<TopicPartition, Long> first = start.resolve(admin, partitions, settings);
            IsolationLevel all = IsolationLevel.READ_UNCOMMITTED;
            Map<TopicPartition, Long> earliest = admin.offsets(partitions, OffsetSpec.earliest(), all);
            Map<TopicPartition, Long> written = admin.offsets(partitions, OffsetSpec.latest(), all);
            Map<TopicPartition, Long> ends = untilLatest ? ends(admin, written) : written;
            List<KafkaSplit> splits = new ArrayList<>();
            for (TopicPartition partition : partitions) {
                long from = of(first, partition);
                if (from < of(earliest, partition) || from > of(written, partition)) {
                    throw WorkerConsumer.outOfRange(partition, from, of(earliest, partition), of(written, partition));
                }
                splits.add(new KafkaSplit(
                        partition.topic(),
                        partition.partition(),
                        from,
                        untilLatest ? of(ends, partition) : KafkaSplit.NEVER));
            }
            return splits;
        }
    }

    /** What can be seen of what is written. Transactions that are just being committed get a moment to be. */
    private Map<TopicPartition, Long> ends(KafkaAdmin admin, Map<TopicPartition, Long> written) throws IOException {
        long start = System.nanoTime();
        Map<TopicPartition, Long> seen;
        do {
            seen = admin.offsets(written.keySet(), OffsetSpec.latest(), settings.isolation());
        } while (!covers(seen, written) && System.nanoTime() - start < COMMITTING_NANOS);
        return seen;
    }

    private static boolean covers(Map<TopicPartition, Long> seen, Map<TopicPartition, Long> written) {
        return written.keySet().stream().allMatch(each -> of(seen, each) >= of(written, each));
    }

    private static long of(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        Long offset = offsets.get(partition);
        if (offset == null) {
            throw new IllegalStateException("no offset of " + partition + " in " + offsets);
        }
        return offset;
    }

    @Override
    public SplitReader<T> open(Split split) {
        return open(split, 0);
    }

    @Override
    public SplitReader<T> open(Split split, long place) {
        KafkaSplit of = (KafkaSplit) split;
        WorkerConsumer.Partition partition =
                WorkerConsumer.open(settings, of.topicPartition(), Math.max(of.start(), place), of.end());
        return new PartitionReader<>(
                of, partition, decoder, deadLetters == null ? null : partition.deadLetters(deadLetters));
    }

    /** See {@link #untilLatest}. */
    private record UntilLatest<T>(KafkaSource<T> source) implements BoundedSource<T> {
        @Override
        public String describe() {
            return source.describe() + " until latest";
        }

        @Override
        public List<? extends Split> splits(int readers) throws IOException {
            return source.splits(true);
        }

        @Override
        public SplitReader<T> open(Split split) {
            return source.open(split);
        }

        @Override
        public SplitReader<T> open(Split split, long place) {
            return source.open(split, place);
        }

        @Override
        public long maxQuarantined() {
            return source.maxQuarantined();
        }
    }
}
