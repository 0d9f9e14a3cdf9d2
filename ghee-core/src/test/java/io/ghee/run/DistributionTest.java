package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.broadcast;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.distribution.Distribution;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets what. */
class DistributionTest {
    private static final int SLOW = 0;

    /** Holds replica {@link #SLOW} back until the others are ahead of it, so that it is slow whatever the machine. */
    static final class Pace implements Serializable {
        private static final long serialVersionUID = 1;

        private final int[] done;

        Pace(int replicas) {
            done = new int[replicas];
        }

        /** Takes a batch; the slow replica's waits until each of the others has taken {@code lead} more than it. */
        synchronized List<Integer> take(int replica, Batch<Integer> batch, int lead) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (replica == SLOW && slowestOfOthers() < done[SLOW] + lead) {
                wait(1000);
                assertThat(System.nanoTime())
                        .as("waiting for %s", Arrays.toString(done))
                        .isLessThan(deadline);
            }
            done[replica]++;
            notifyAll();
            return batch.records();
        }

        /** Takes a batch; the slow replica's first waits until {@code others} have been taken by the others. */
        synchronized List<Integer> takeAfter(int replica, Batch<Integer> batch, int others)
                throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (replica == SLOW && Arrays.stream(done).sum() - done[SLOW] < others) {
                wait(1000);
                assertThat(System.nanoTime())
                        .as("waiting for %s", Arrays.toString(done))
                        .isLessThan(deadline);
            }
            done[replica]++;
            notifyAll();
            return batch.records();
        }

        private int slowestOfOthers() {
            return IntStream.range(0, done.length)
                    .filter(replica -> replica != SLOW)
                    .map(replica -> done[replica])
                    .min()
                    .orElseThrow();
        }
    }

    private static List<Long> batches(Jobs.Result<?> result, int stage) {
        return result.progress().stages().get(stage).batchesIn();
    }

    @Test
    void evenGivesASlowReplicaTheSameCount() throws Exception {
        Pace pace = new Pace(3);

        var result = Jobs.<Integer>run(Pipeline.named("even")
                .readFrom(ListSource.numbers(120, 4))
                .stage("read", replicas(2))
                .batch(2)
                .distribute(even())
                .stage("use", replicas(3))
                .mapWith(replica -> replica, (replica, batch) -> pace.take(replica, batch, 1))
                .writeTo(new CollectSink<Integer>()));

        assertThat(batches(result, 1)).containsExactly(20L, 20L, 20L);
        assertThat(result.records()).hasSize(120).doesNotHaveDuplicates();
    }

    @Test
    void balancedGivesTheFastReplicasMore() throws Exception {
        Pace pace = new Pace(3);

        var result = Jobs.<Integer>run(Pipeline.named("balanced")
                .readFrom(ListSource.numbers(120, 1))
                .stage("read", replicas(1))
                .batch(2)
                .distribute(balanced())
                .stage("use", replicas(3))
                .mapWith(replica -> replica, (replica, batch) -> pace.takeAfter(replica, batch, 50))
                .writeTo(new CollectSink<Integer>()));

        assertThat(batches(result, 1).get(SLOW)).isLessThanOrEqualTo(10);
        assertThat(batches(result, 1))
                .satisfies(counts ->
                        assertThat(counts.stream().mapToLong(n -> n).sum()).isEqualTo(60));
        assertThat(result.records()).hasSize(120).doesNotHaveDuplicates();
    }

    @Test
    void evenCountsBatchesWhereTheirSizesDiffer() throws Exception {
        var result = Jobs.<Integer>run(Pipeline.named("even")
                .readFrom(ListSource.numbers(400, 1))
                .stage("read", replicas(1))
                .batch(10)
                .map(batch -> batch.records().get(0) % 40 == 0 ? batch.records() : List.of(1))
                .distribute(even())
                .stage("use", replicas(4))
                .writeTo(new CollectSink<Integer>()));

        assertThat(batches(result, 1)).containsExactly(10L, 10L, 10L, 10L);
    }

    @Test
    void broadcastGivesEveryReplicaEverything() throws Exception {
        var result = Jobs.<Integer>run(Pipeline.named("broadcast")
                .readFrom(ListSource.numbers(50, 3))
                .stage("read", replicas(2))
                .batch(4)
                .distribute(broadcast())
                .stage("use", replicas(3))
                .writeTo(new CollectSink<Integer>()));

        List<Integer> all = IntStream.range(0, 50).boxed().toList();
        assertThat(result.byReplica())
                .hasSize(3)
                .allSatisfy(records -> assertThat(records).containsExactlyInAnyOrderElementsOf(all));
    }

    @Test
    void recordsOfOneKeyGoToOneReplica() throws Exception {
        var result = Jobs.<Integer>run(Pipeline.named("by-key")
                .readFrom(ListSource.numbers(1000, 7))
                .stage("read", replicas(3))
                .distribute(byKey(n -> "user-" + n % 17))
                .stage("use", replicas(4))
                .writeTo(new CollectSink<Integer>()));

        assertThat(result.records()).hasSize(1000).doesNotHaveDuplicates();
        Set<Integer> seen = new HashSet<>();
        for (List<Integer> records : result.byReplica()) {
            Set<Integer> keys = new HashSet<>(records.stream().map(n -> n % 17).toList());
            assertThat(Collections.disjoint(seen, keys)).isTrue();
            seen.addAll(keys);
        }
        assertThat(result.byReplica()).filteredOn(records -> !records.isEmpty()).hasSizeGreaterThan(1);
    }

    @Test
    void everyStableKindOfKeyIsTaken() throws Exception {
        for (Object key : List.of("text", 1, 2L, 3.0, 'c', true, new UUID(1, 2), (short) 4)) {
            Serializable fixed = (Serializable) key;
            var result = Jobs.<Integer>run(Pipeline.named("by-key")
                    .readFrom(ListSource.numbers(10, 2))
                    .stage("read", replicas(2))
                    .distribute(byKey(n -> fixed))
                    .stage("use", replicas(3))
                    .writeTo(new CollectSink<Integer>()));

            assertThat(result.byReplica())
                    .filteredOn(records -> !records.isEmpty())
                    .hasSize(1);
        }
    }

    @Test
    void aKeyWhoseHashIsAnotherInEveryJvmIsRefused() throws Exception {
        var failure = Jobs.fail(Pipeline.named("by-key")
                .readFrom(ListSource.numbers(10, 2))
                .stage("read", replicas(2))
                .distribute(byKey(n -> new int[] {n}))
                .stage("use", replicas(3))
                .writeTo(new CollectSink<Integer>()));

        assertThat(failure.kind()).isEqualTo(io.ghee.GheeException.Kind.CONFIGURATION);
        assertThat(failure.reason()).contains("byKey: a key of [I (expected: a string, a boxed primitive or a UUID");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everyDistributionLosesAndDoublesNothing(int consumers) throws Exception {
        List<Distribution.OfBatches> all = List.of(even(), balanced());
        for (Distribution.OfBatches distribution : all) {
            var ofBatches = Jobs.<Integer>run(Pipeline.named("whole")
                    .readFrom(ListSource.numbers(333, 5))
                    .stage("read", replicas(3))
                    .batch(7, Duration.ofMillis(1))
                    .distribute(distribution)
                    .stage("use", replicas(consumers))
                    .writeTo(new CollectSink<Integer>()));
            var ofRecords = Jobs.<Integer>run(Pipeline.named("whole")
                    .readFrom(ListSource.numbers(333, 5))
                    .stage("read", replicas(3))
                    .distribute(distribution)
                    .stage("use", replicas(consumers))
                    .writeTo(new CollectSink<Integer>()));

            assertThat(ofBatches.records()).hasSize(333).doesNotHaveDuplicates();
            assertThat(ofRecords.records()).hasSize(333).doesNotHaveDuplicates();
        }
    }
}
