package io.ghee.transfer.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.InputException;
import io.ghee.train.Checkpointable;
import io.ghee.train.ParameterTable;
import io.ghee.train.RowOptimizer;
import io.ghee.train.TableSpec;
import io.ghee.transfer.TransferConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the rows of a table, whose parts are on several ranks. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ShardedTableTest {
    private static final TransferConfig LOOPBACK = TransferConfig.loopback(4711);
    private static final TransferConfig SEALED = LOOPBACK.withKey(new byte[32]);
    private static final RowOptimizer ADAGRAD = new RowOptimizer.Adagrad(0.1f, 0.001f, 1e-8f);
    private static final RowOptimizer ADAM = new RowOptimizer.Adam(0.01f, 0.001f, 0.9f, 0.999f, 1e-8f);
    private static final int ROWS = 5003;

    /** The ids of a rank's batch in a step, some of them more than once; no batch in some steps. */
    private static long[] ids(int rank, int step) {
        SplittableRandom random = new SplittableRandom(1000L * step + rank);
        int count = step % 5 == 4 && rank == 1 ? 0 : random.nextInt(1, 400);
        return random.longs(count, 0, ROWS)
                .map(id -> id % 3 == 0 ? id / 50 : id)
                .toArray();
    }

    /** What a row is to become, in double precision: the gradient of every occurrence is of half the squared distance. */
    private static double target(long id, int k) {
        return Math.sin(id + 0.1 * k);
    }

    private static void step(ParameterTable table, long[] ids) {
        ParameterTable.Rows rows = table.pull(ids, ids.length);
        int width = table.spec().width();
        for (int each = 0; each < ids.length; each++) {
            int at = width * rows.places()[each];
            for (int k = 0; k < width; k++) {
                rows.gradients()[at + k] += (float) (rows.values()[at + k] - target(ids[each], k));
            }
        }
        table.push(rows, ids.length);
    }

    private static float[] values(ParameterTable table) {
        long[] all = java.util.stream.LongStream.range(0, table.spec().rows()).toArray();
        ParameterTable.Rows rows = table.pull(all, all.length);
        int width = table.spec().width();
        float[] values = new float[all.length * width];
        for (int each = 0; each < all.length; each++) {
            System.arraycopy(rows.values(), width * rows.places()[each], values, width * each, width);
        }
        return values;
    }

    /** The same steps in one process, densely and in double precision. */
    private static double[] alone(TableSpec spec, float[] start, int ranks, int steps) {
        int width = spec.width();
        double[] p = new double[start.length];
        double[] m = new double[p.length];
        double[] v = new double[p.length];
        for (int k = 0; k < p.length; k++) {
            p[k] = start[k];
        }
        for (int step = 0; step < steps; step++) {
            double[] sum = new double[p.length];
            boolean[] touched = new boolean[p.length];
            int weight = 0;
            for (int rank = 0; rank < ranks; rank++) {
                for (long id : ids(rank, step)) {
                    weight++;
                    for (int k = 0; k < width; k++) {
                        int at = (int) id * width + k;
                        touched[at] = true;
                        sum[at] += p[at] - target(id, k);
                    }
                }
            }
            for (int at = 0; at < p.length; at++) {
                if (touched[at]) {
                    double gradient = sum[at] / weight + spec.optimizer().l2() * p[at];
                    if (spec.optimizer() instanceof RowOptimizer.Adagrad adagrad) {
                        v[at] += gradient * gradient;
                        p[at] -= adagrad.learningRate() * gradient / (Math.sqrt(v[at]) + adagrad.epsilon());
                    } else if (spec.optimizer() instanceof RowOptimizer.Adam adam) {
                        m[at] = adam.beta1() * m[at] + (1 - adam.beta1()) * gradient;
                        v[at] = adam.beta2() * v[at] + (1 - adam.beta2()) * gradient * gradient;
                        p[at] -= adam.learningRate()
                                * (m[at] / (1 - Math.pow(adam.beta1(), step + 1)))
                                / (Math.sqrt(v[at] / (1 - Math.pow(adam.beta2(), step + 1))) + adam.epsilon());
                    }
                }
            }
        }
        return p;
    }

    static Stream<Arguments> set() {
        return Stream.of(
                Arguments.of(1, LOOPBACK, TableSpec.of(ROWS, 1, ADAGRAD)),
                Arguments.of(2, LOOPBACK, TableSpec.of(ROWS, 1, ADAGRAD)),
                Arguments.of(3, LOOPBACK, TableSpec.of(ROWS, 5, ADAM).startingWithin(0.1f, 7)),
                Arguments.of(3, SEALED, TableSpec.of(ROWS, 5, ADAGRAD).startingWithin(0.1f, 7)),
                Arguments.of(4, SEALED, TableSpec.of(ROWS, 1, ADAM)));
    }

    @ParameterizedTest
    @MethodSource("set")
    void keepingStepEqualsOneProcessOnTheJoinedBatches(int size, TransferConfig config, TableSpec spec)
            throws Exception {
        int steps = 40;
        try (TableRanks ranks = new TableRanks(size, config, spec)) {
            float[] start = ranks.all((table, rank) -> values(table)).get(0);
            List<float[]> ends = ranks.all((table, rank) -> {
                for (int step = 0; step < steps; step++) {
                    step(table, ids(rank, step));
                }
                return values(table);
            });
            double[] alone = alone(spec, start, size, steps);
            for (int at = 0; at < alone.length; at++) {
                assertThat((double) ends.get(0)[at]).as("value %s", at).isCloseTo(alone[at], within(1e-5));
            }
            assertThat(ends).allSatisfy(end -> assertThat(end).containsExactly(ends.get(0)));
            float[] bounds = start.clone();
            java.util.Arrays.sort(bounds);
            assertThat(bounds[0]).isBetween(-spec.spread(), 0f);
            assertThat(bounds[bounds.length - 1]).isBetween(0f, spec.spread());
        }
    }

    @Test
    void givesTheSameAgainBitForBit() throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 3, ADAM).startingWithin(0.1f, 1);
        float[] once = train(spec);
        assertThat(train(spec)).containsExactly(once);
    }

    private static float[] train(TableSpec spec) throws Exception {
        try (TableRanks ranks = new TableRanks(3, LOOPBACK, spec)) {
            return ranks.all((table, rank) -> {
                        for (int step = 0; step < 20; step++) {
                            step(table, ids(rank, step));
                        }
                        return values(table);
                    })
                    .get(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aRankIsAheadOfTheSlowestByTheStalenessAndNoMore(int staleness) throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 1, ADAGRAD).staleness(staleness);
        int size = 3;
        int steps = 200;
        AtomicLongArray pushed = new AtomicLongArray(size);
        AtomicInteger ahead = new AtomicInteger();
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        try (TableRanks ranks =
                new TableRanks(size, LOOPBACK, rank -> spec, rank -> rank == 1 ? asked::incrementAndGet : () -> {})) {
            ranks.all((table, rank) -> table.pull(new long[0], 0));
            List<Future<Boolean>> running = Stream.of(0, 1, 2)
                    .map(each -> ranks.start(each, (table, rank) -> {
                        if (rank == 0) {
                            go.await();
                        }
                        for (int step = 0; step < steps; step++) {
                            long[] ids = ids(rank, step);
                            table.pull(ids, ids.length);
                            long slowest = Math.min(pushed.get(0), Math.min(pushed.get(1), pushed.get(2)));
                            assertThat(slowest).isGreaterThanOrEqualTo(step - staleness);
                            ahead.accumulateAndGet((int) (step - slowest), Math::max);
                            // Before the push, as it is known to others before this thread goes on.
                            pushed.incrementAndGet(rank);
                            step(table, ids);
                        }
                        return true;
                    }))
                    .toList();
            Awaitility.await()
                    .atMost(TableRanks.SOON)
                    .until(() -> pushed.get(1) == staleness + 1 && pushed.get(2) == staleness + 1);
            int before = asked.get();
            Awaitility.await().atMost(TableRanks.SOON).until(() -> asked.get() > before + 10);
            assertThat(pushed.get(1)).as("held, while rank 0 stands").isEqualTo(staleness + 1);
            go.countDown();
            for (Future<Boolean> each : running) {
                assertThat(each.get(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(ahead.get()).isEqualTo(staleness);
            float[] end = ranks.all((table, rank) -> values(table)).get(0);
            double error = 0;
            for (int id = 0; id < 30; id++) {
                error += Math.abs(end[id] - target(id, 0)) / 30;
            }
            assertThat(error).as("of rows that are often pushed to").isLessThan(0.2);
        }
    }

    private static byte[] bytes(Checkpointable.Snapshot snapshot) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        snapshot.writeTo(out);
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void whatWasSavedIsRestoredOnAnyNumberOfRanks(int size) throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 2, ADAM).startingWithin(0.1f, 7);
        List<byte[]> saved;
        float[] then;
        float[] later;
        try (TableRanks ranks = new TableRanks(3, LOOPBACK, spec)) {
            List<Checkpointable.Snapshot> snapshots = ranks.all((table, rank) -> {
                for (int step = 0; step < 10; step++) {
                    step(table, ids(rank, step));
                }
                return table.state().snapshot();
            });
            then = ranks.all((table, rank) -> values(table)).get(0);
            // Every push is of rank 0, so that it does not matter how many others there are.
            later = ranks.all((table, rank) -> more(table, rank)).get(0);
            saved = List.of(bytes(snapshots.get(0)), bytes(snapshots.get(1)), bytes(snapshots.get(2)));
        }
        try (TableRanks ranks = new TableRanks(size, LOOPBACK, spec)) {
            ranks.all((table, rank) -> {
                for (byte[] part : saved) {
                    ByteArrayInputStream in = new ByteArrayInputStream(part);
                    table.state().restore(in);
                    assertThat(in.available()).isZero();
                }
                return rank;
            });
            assertThat(ranks.all((table, rank) -> values(table)))
                    .allSatisfy(values -> assertThat(values).containsExactly(then));
            assertThat(ranks.all((table, rank) -> more(table, rank)).get(0)).containsExactly(later);
        }
    }

    private static float[] more(ShardedTable table, int rank) {
        for (int step = 100; step < 110; step++) {
            step(table, rank == 0 ? ids(0, step) : new long[0]);
        }
        return values(table);
    }

    @Test
    void aPartOfAnotherTableIsRefused() throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 2, ADAM);
        byte[] saved = bytes(new Shard(spec, 0, 1).snapshot());
        Shard other = new Shard(TableSpec.of(ROWS, 3, ADAM), 0, 1);
        assertThatThrownBy(() -> other.restore(new ByteArrayInputStream(saved)))
                .isInstanceOf(InputException.class)
                .hasMessage("a table of 5003 rows of 2 floats, 6 with the optimizer's (expected: 5003 rows of 3 floats,"
                        + " 9 with the optimizer's)");
        saved[0] ^= 1;
        assertThatThrownBy(() -> new Shard(spec, 0, 1).restore(new ByteArrayInputStream(saved)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("that is none");
    }

    @Test
    void everyRankReadsItsPartInTheEnd() throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 1, ADAGRAD);
        try (TableRanks ranks = new TableRanks(3, LOOPBACK, spec)) {
            float[] read = new float[ROWS];
            float[] end = ranks.all((table, rank) -> {
                        for (int step = 0; step < 10; step++) {
                            step(table, ids(rank, step));
                        }
                        return values(table);
                    })
                    .get(0);
            ranks.all((table, rank) -> {
                table.finish();
                synchronized (read) {
                    table.forEachRow((id, values, from) -> {
                        assertThat(id % 3).isEqualTo(rank);
                        read[(int) id] = values[from];
                    });
                }
                return rank;
            });
            assertThat(read).containsExactly(end);
        }
    }

    @Test
    void onlyBlocksThatWerePushedToTakeMemory() throws Exception {
        TableSpec spec = TableSpec.of(1L << 33, 1, ADAGRAD);
        try (TableRanks ranks = new TableRanks(8, LOOPBACK, spec)) {
            long[] ids = {0, 1, (1L << 33) - 1};
            ranks.all((table, rank) -> {
                step(table, ids);
                step(table, ids);
                table.finish();
                return rank;
            });
            assertThat(ranks.tables.stream().mapToLong(ShardedTable::bytes).sum())
                    .isEqualTo(3 * 8192);
        }
    }

    @Test
    void anIdThatIsNoneAndRanksThatDifferAreNamed() throws Exception {
        TableSpec spec = TableSpec.of(ROWS, 1, ADAGRAD);
        try (TableRanks ranks = new TableRanks(1, LOOPBACK, spec)) {
            assertThatThrownBy(() -> ranks.tables.get(0).pull(new long[] {1, ROWS}, 2))
                    .isInstanceOf(BadRecordException.class)
                    .hasMessage("feature id: 5003 (expected: >= 0 and < 5003)");
        }
        assertThatThrownBy(() ->
                        new TableRanks(2, LOOPBACK, rank -> TableSpec.of(ROWS + rank, 1, ADAGRAD), rank -> () -> {}))
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("rank 1 opens the table TableSpec[rows=5004")
                .hasMessageEndingWith("(expected: the same of all ranks)");
    }
}
