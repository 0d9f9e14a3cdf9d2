package io.ghee.io.kafka;

import static io.ghee.ConfigurationException.check;

import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.source.UnboundedSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The records of Kafka topics, in the order of each partition; made by {@link Kafka#topic}. Only what was committed is read,
 * unless {@code isolation.level} says otherwise. Immutable: the methods return the same source with one option more.
 *
 * <p>Partitions that are added to a topic while a job runs, and topics that a pattern matches, are read from their earliest
 * offset. They are noticed within {@code metadata.max.age.ms}, of 30 s if it is not set; then all stages begin anew from
 * what is committed.
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
    private final @Nullable String group;

    private KafkaSource(
            Topics topics,
            Decoder<T> decoder,
            KafkaSettings settings,
            KafkaOffsets start,
            @Nullable DeadLetters deadLetters,
            @Nullable String group) {
        this.topics = topics;
        this.decoder = decoder;
        this.settings = settings;
        this.start = start;
        this.deadLetters = deadLetters;
        this.group = group;
    }

    static <T> KafkaSource<T> of(Topics topics, Decoder<T> decoder) {
        return new KafkaSource<>(topics, decoder, KafkaSettings.NONE, KafkaOffsets.earliest(), null, null);
    }

    private KafkaSource<T> with(KafkaSettings changed) {
        return new KafkaSource<>(topics, decoder, changed, start, deadLetters, group);
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
        return new KafkaSource<>(topics, decoder, settings, offsets, deadLetters, group);
    }

    /** Keeps records that cannot be decoded, counts them in the report, and goes on; without it, each is a {@link io.ghee.BadRecordException}. */
    public KafkaSource<T> deadLetters(DeadLetters to) {
        return new KafkaSource<>(topics, decoder, settings, start, to, group);
    }

    /**
     * Commits to a consumer group how far the job is, so that Kafka's own tools show how far it is behind. It follows what is
     * written and committed, some seconds late; a job that goes on does so from what is kept with its output, whatever
     * the group says. A later job of another name can begin there, with {@link KafkaOffsets#committed}.
     *
     * @param id of a group that has no consumers
     */
    public KafkaSource<T> groupId(String id) {
        check(!id.isBlank(), "group id", '"' + id + '"', "the name of a consumer group");
        return new KafkaSource<>(topics, decoder, settings, start, deadLetters, id);
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
            if (group != null) {
                // to be told at once if this is not allowed
                admin.committed(group, partitions);
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

    @Override
    public List<? extends Split> splits(int readers, Set<String> known) throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            List<KafkaSplit> splits = new ArrayList<>();
            List<TopicPartition> added = new ArrayList<>();
            for (TopicPartition partition : topics.partitions(admin)) {
                KafkaSplit split = new KafkaSplit(partition.topic(), partition.partition(), 0, KafkaSplit.NEVER);
                if (known.contains(split.id())) {
                    splits.add(split);
                } else {
                    added.add(partition);
                }
            }
            Map<TopicPartition, Long> earliest =
                    admin.offsets(added, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
            added.forEach(partition -> splits.add(new KafkaSplit(
                    partition.topic(), partition.partition(), of(earliest, partition), KafkaSplit.NEVER)));
            return splits;
        }
    }

    @Override
    public Duration lookEvery() {
        return settings.metadataAge();
    }

    @Override
    public void committed(Map<Split, Long> places) throws IOException {
        if (group == null) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        places.forEach((split, place) -> {
            KafkaSplit of = (KafkaSplit) split;
            offsets.put(of.topicPartition(), new OffsetAndMetadata(Math.min(place, of.end())));
        });
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            admin.commit(group, offsets);
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
        return open(split, ((KafkaSplit) split).start());
    }

    @Override
    public SplitReader<T> open(Split split, long place) {
        KafkaSplit of = (KafkaSplit) split;
        WorkerConsumer.Partition partition = WorkerConsumer.open(settings, of.topicPartition(), place, of.end());
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
        public void committed(Map<Split, Long> places) throws IOException {
            source.committed(places);
        }

        @Override
        public long maxQuarantined() {
            return source.maxQuarantined();
        }
    }
}
