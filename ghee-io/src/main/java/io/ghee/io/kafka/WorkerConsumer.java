package io.ghee.io.kafka;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The one consumer of a worker's thread, which all of its readers share. Each partition that is read has what the last poll
 * brought of it, and is paused until that is used up: so a reader that nobody asks holds no more memory than one poll's records,
 * and the polls bring those of the others. Closed with the last of its partitions.
 */
final class WorkerConsumer {
    private static final ThreadLocal<List<WorkerConsumer>> OPEN = ThreadLocal.withInitial(ArrayList::new);

    private static final Duration PATIENCE = Duration.ofMillis(SplitReader.PATIENCE_MILLIS);
    /** While others have records, a reader that has none looks for new ones no more often than that. */
    private static final long POLL_NANOS = 1_000_000;
    /** How often a silent broker is asked whether it is there. */
    private static final long QUESTION_NANOS = 1_000_000_000;

    private final KafkaSettings settings;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final long deadlineNanos;
    private final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();
    private final Map<DeadLetters, DeadLetterWriter> deadLetters = new HashMap<>();
    /** Partitions that have records. */
    private int filled;

    private long polled;
    private long asked;

    private WorkerConsumer(KafkaSettings settings) {
        this.settings = settings;
        this.deadlineNanos = settings.deadline().toNanos();
        try {
            this.consumer = new KafkaConsumer<>(settings.consumer());
        } catch (KafkaException e) {
            throw KafkaErrors.of(e, "a consumer", settings);
        }
    }

    /**
     * Begins to read a partition in this thread.
     *
     * @param start the first offset
     * @param end exclusive
     */
    static Partition open(KafkaSettings settings, TopicPartition partition, long start, long end) {
        List<WorkerConsumer> open = OPEN.get();
        open.removeIf(each -> each.partitions.isEmpty());
        WorkerConsumer consumer = open.stream()
                .filter(each -> each.settings.equals(settings) && !each.partitions.containsKey(partition))
                .findFirst()
                .orElse(null);
        if (consumer == null) {
            consumer = new WorkerConsumer(settings);
            open.add(consumer);
        }
        return consumer.add(partition, start, end);
    }

    private Partition add(TopicPartition partition, long start, long end) {
        Partition added = new Partition(partition, end);
        partitions.put(partition, added);
        consumer.assign(partitions.keySet());
        consumer.seek(partition, start);
        return added;
    }

    /** Where this worker's dead letters go. */
    DeadLetterWriter deadLetters(DeadLetters to) {
        return deadLetters.computeIfAbsent(to, open -> open.open(settings));
    }

    /** Looks for records, of any partition. */
    private void poll() throws InterruptedException {
        long now = System.nanoTime();
        if (filled > 0 && now - polled < POLL_NANOS) {
            return;
        }
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(filled > 0 ? Duration.ZERO : PATIENCE);
            polled = System.nanoTime();
            for (TopicPartition each : records.partitions()) {
                Partition partition = partitions.get(each);
                if (partition != null) {
                    partition.fill(records.records(each));
                }
            }
            askTheSilent();
        } catch (InterruptException e) {
            throw interrupted(e);
        } catch (KafkaException e) {
            throw failed(e);
        }
    }

    /** A topic may be silent, but not its broker: it is asked now and then, and gets until the deadline for an answer. */
    private void askTheSilent() {
        if (polled - asked < QUESTION_NANOS) {
            return;
        }
        asked = polled;
        List<Partition> silent = partitions.values().stream()
                .filter(each -> polled - each.heard > deadlineNanos / 2)
                .toList();
        if (silent.isEmpty()) {
            return;
        }
        Set<TopicPartition> named = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
        silent.forEach(each -> named.add(each.partition));
        try {
            consumer.endOffsets(named, PATIENCE);
            silent.forEach(each -> each.heard = polled);
        } catch (TimeoutException e) {
            if (silent.stream().anyMatch(each -> polled - each.heard > deadlineNanos)) {
                throw new InfrastructureException(
                        named + " at " + settings.servers() + ": no answer for " + settings.deadline()
                                + " (expected: brokers that are up, a leader for each partition)",
                        e);
            }
        }
    }

    private void closeConsumer() throws InterruptedIOException {
        try {
            // there is no group to leave
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        } catch (InterruptException e) {
            InterruptedIOException interrupted = new InterruptedIOException("closing a consumer");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    private static InterruptedException interrupted(InterruptException e) {
        // the client has set the flag again
        Thread.interrupted();
        InterruptedException interrupted = new InterruptedException("waiting for Kafka");
        interrupted.initCause(e);
        return interrupted;
    }

    private GheeException failed(KafkaException e) {
        if (e instanceof OffsetOutOfRangeException gone) {
            return outOfRange(gone);
        }
        // Kafka has no class for it
        String message = String.valueOf(e.getMessage());
        if (message.startsWith("Record ") || message.startsWith("Received exception when fetching the next record")) {
            return new InputException(
                    message + " (expected: records as they were written; is the broker's disk sound?)", e);
        }
        return KafkaErrors.of(e, "reading " + partitions.keySet(), settings);
    }

    private GheeException outOfRange(OffsetOutOfRangeException gone) {
        Map.Entry<TopicPartition, Long> first =
                gone.offsetOutOfRangePartitions().entrySet().iterator().next();
        Set<TopicPartition> partition = Set.of(first.getKey());
        try {
            return outOfRange(
                    first.getKey(),
                    first.getValue(),
                    consumer.beginningOffsets(partition).getOrDefault(first.getKey(), -1L),
                    consumer.endOffsets(partition).getOrDefault(first.getKey(), -1L));
        } catch (KafkaException e) {
            e.addSuppressed(gone);
            return KafkaErrors.of(
                    e, "offset " + first.getValue() + " of " + first.getKey() + " is gone; offsets", settings);
        }
    }

    /** An offset is wanted that the partition has no longer, or not yet. */
    static InputException outOfRange(TopicPartition partition, long wanted, long earliest, long end) {
        return new InputException(
                partition + ": offset " + wanted + " is not there (expected: " + earliest + " to " + end
                        + ", which it holds now). "
                        + (wanted < earliest
                                ? "Retention has deleted what is before " + earliest
                                        + ": a new job can go on there with startAt(KafkaOffsets.earliest()); a longer"
                                        + " retention.ms keeps it for as long as a job may be behind"
                                : "Was the topic deleted and made again? A new job can start with"
                                        + " startAt(KafkaOffsets.earliest())"));
    }

    /** One partition, and what is at hand of it. */
    final class Partition {
        private final TopicPartition partition;
        private final long end;
        private List<ConsumerRecord<byte[], byte[]>> records = List.of();
        private int next;
        private long heard = System.nanoTime();

        private Partition(TopicPartition partition, long end) {
            this.partition = partition;
            this.end = end;
        }

        private void fill(List<ConsumerRecord<byte[], byte[]>> fetched) {
            heard = polled;
            int wanted = fetched.size();
            while (wanted > 0 && fetched.get(wanted - 1).offset() >= end) {
                wanted--;
            }
            if (wanted > 0) {
                records = fetched.subList(0, wanted);
                next = 0;
                filled++;
                consumer.pause(Set.of(partition));
            }
        }

        /** The next record, if there is one at hand. */
        @Nullable
        ConsumerRecord<byte[], byte[]> take() {
            if (next == records.size()) {
                return null;
            }
            ConsumerRecord<byte[], byte[]> record = records.get(next++);
            if (next == records.size()) {
                records = List.of();
                next = 0;
                filled--;
                if (!isOver()) {
                    consumer.resume(Set.of(partition));
                }
            }
            return record;
        }

        /** Looks for more; waits for it if no reader of this worker has a record at hand. */
        void fetch() throws InterruptedException {
            poll();
        }

        /** Whether all before the end has been taken. What is last before the end need not be a record. */
        boolean isOver() {
            return end != KafkaSplit.NEVER && records.isEmpty() && position() >= end;
        }

        /** Behind what was fetched; -1 while that is being looked up. */
        private long position() {
            try {
                return consumer.position(partition, Duration.ZERO);
            } catch (TimeoutException e) {
                return -1;
            } catch (KafkaException e) {
                throw failed(e);
            }
        }

        /** Of what has not been taken the first offset that there can be; -1 if that is not known. */
        long next() {
            return records.isEmpty() ? position() : records.get(next).offset();
        }

        /** How many offsets are before the end that have not been taken; -1 if that is not known. */
        long lag() {
            long at = next();
            if (at < 0) {
                return -1;
            }
            if (end != KafkaSplit.NEVER) {
                return Math.max(0, end - at);
            }
            long ahead = consumer.currentLag(partition).orElse(-1);
            return ahead < 0 ? -1 : ahead + position() - at;
        }

        DeadLetterWriter deadLetters(DeadLetters to) {
            return WorkerConsumer.this.deadLetters(to);
        }

        /** Stops reading it. */
        void close() throws IOException {
            if (!partitions.remove(partition, this)) {
                return;
            }
            if (!records.isEmpty()) {
                filled--;
            }
            if (!partitions.isEmpty()) {
                consumer.assign(partitions.keySet());
                return;
            }
            try {
                for (DeadLetterWriter each : deadLetters.values()) {
                    each.close();
                }
            } finally {
                closeConsumer();
            }
        }
    }
}
