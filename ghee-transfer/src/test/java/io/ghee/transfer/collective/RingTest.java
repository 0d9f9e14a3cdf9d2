package io.ghee.transfer.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.transfer.TransferConfig;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a ring computes, and what it says of ranks that do not fit together. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RingTest {
    /** Smaller than the ranks, odd, small and large: of one block, and of several. */
    private static final int[] LENGTHS = {0, 1, 2, 3, 7, 64, 1023, 1025, 4099, 70_001, 1_500_007};

    private static final byte[] KEY = new byte[32];

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static int whole(int rank, int k) {
        return new SplittableRandom(31L * rank + k).nextInt(-1000, 1000);
    }

    /** The value that a reduction of {@link #whole} has; of whole numbers, which all types hold exactly. */
    private static long expected(int size, int k, Reduction how) {
        long result = whole(0, k);
        for (int rank = 1; rank < size; rank++) {
            int next = whole(rank, k);
            result = switch (how) {
                case SUM, MEAN -> result + next;
                case MIN -> Math.min(result, next);
                case MAX -> Math.max(result, next);
            };
        }
        return result;
    }

    private static double value(Buffer data, int k) {
        return data instanceof FloatBuffer floats
                ? floats.get(k)
                : data instanceof DoubleBuffer doubles
                        ? doubles.get(k)
                        : data instanceof IntBuffer ints ? ints.get(k) : ((LongBuffer) data).get(k);
    }

    private static Buffer put(Buffer data, int k, int value) {
        return data instanceof FloatBuffer floats
                ? floats.put(k, value)
                : data instanceof DoubleBuffer doubles
                        ? doubles.put(k, value)
                        : data instanceof IntBuffer ints ? ints.put(k, value) : ((LongBuffer) data).put(k, value);
    }

    /** Buffers of every kind, direct and not, in both orders, that begin behind their start. */
    private static Buffer buffer(int kind, int count) {
        int all = count + 3;
        Buffer buffer = switch (kind) {
            case 0 -> floats(all);
            case 1 ->
                ByteBuffer.allocateDirect(8 * all)
                        .order(ByteOrder.nativeOrder())
                        .asDoubleBuffer();
            case 2 -> IntBuffer.allocate(all);
            case 3 -> LongBuffer.allocate(all);
            default ->
                ByteBuffer.allocateDirect(4 * all).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
        };
        return buffer.position(2).limit(2 + count);
    }

    private static Buffer filled(int kind, int rank, int count) {
        Buffer data = buffer(kind, count);
        for (int k = 0; k < count; k++) {
            put(data, 2 + k, whole(rank, k));
        }
        return data;
    }

    private static double mean(int kind, long sum, int size) {
        return kind == 2 || kind == 3 ? sum / size : kind == 1 ? (double) sum / size : (float) sum / size;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void everyRankHasTheReductionOverAll(int size) throws Exception {
        try (Ranks ranks = Ranks.joined(size)) {
            for (int count : LENGTHS) {
                for (int kind = 0; kind < 5; kind++) {
                    for (Reduction how : count > 100_000 ? new Reduction[] {Reduction.MEAN} : Reduction.values()) {
                        int of = kind;
                        List<Buffer> results = ranks.all(collective -> {
                            Buffer data = filled(of, collective.rank(), count);
                            collective.allReduce(data, how);
                            return data;
                        });
                        for (Buffer result : results) {
                            assertThat(result.position()).isEqualTo(2);
                            assertThat(result.limit()).isEqualTo(2 + count);
                            for (int k = 0; k < count; k++) {
                                long whole = expected(size, k, how);
                                double expected = how == Reduction.MEAN ? mean(kind, whole, size) : whole;
                                if (value(result, 2 + k) != expected) {
                                    assertThat(value(result, 2 + k))
                                            .as("%s of %d, element %d, kind %d", how, count, k, kind)
                                            .isEqualTo(expected);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void aMeanOfGradientsIsThatOfDoublesAndTheSameBitsEverywhere(int size) throws Exception {
        int count = 700_001;
        try (Ranks ranks = Ranks.joined(size)) {
            List<float[]> gradients = IntStream.range(0, size)
                    .mapToObj(rank -> {
                        SplittableRandom random = new SplittableRandom(rank);
                        float[] values = new float[count];
                        for (int k = 0; k < count; k++) {
                            values[k] = (float) (random.nextDouble() - 0.5);
                        }
                        return values;
                    })
                    .toList();
            List<List<FloatBuffer>> results = ranks.all(collective -> {
                List<FloatBuffer> twice = new ArrayList<>();
                for (int time = 0; time < 2; time++) {
                    FloatBuffer data = floats(count).put(0, gradients.get(collective.rank()));
                    collective.allReduce(data, Reduction.MEAN);
                    twice.add(data);
                }
                return twice;
            });
            FloatBuffer first = results.get(0).get(0);
            for (int k = 0; k < count; k++) {
                int at = k;
                double mean = gradients.stream().mapToDouble(each -> each[at]).sum() / size;
                if (Math.abs(first.get(k) - mean) > 1e-6) {
                    assertThat((double) first.get(k)).isCloseTo(mean, within(1e-6));
                }
            }
            for (List<FloatBuffer> twice : results) {
                assertThat(twice)
                        .allSatisfy(data -> assertThat(data.mismatch(first)).isEqualTo(-1));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void theOtherOperationsDoWhatMpiSays(int size) throws Exception {
        try (Ranks ranks = Ranks.joined(size)) {
            for (int kind = 0; kind < 5; kind++) {
                for (int part : new int[] {0, 1, 5, 20_011}) {
                    int of = kind;
                    ranks.all(collective -> {
                        int rank = collective.rank();
                        Buffer all = filled(of, rank, part * size);
                        Buffer mine = buffer(of, part);
                        collective.reduceScatter(all, mine, Reduction.SUM);
                        for (int k = 0; k < part; k++) {
                            check(value(mine, 2 + k), expected(size, rank * part + k, Reduction.SUM));
                        }
                        Buffer gathered = buffer(of, part * size);
                        collective.allGather(filled(of, rank, part), gathered);
                        for (int k = 0; k < part * size; k++) {
                            check(value(gathered, 2 + k), whole(k / part, k % part));
                        }
                        for (int root = 0; root < size; root++) {
                            Buffer data = filled(of, rank, part);
                            collective.broadcast(data, root);
                            for (int k = 0; k < part; k++) {
                                check(value(data, 2 + k), whole(root, k));
                            }
                        }
                        return null;
                    });
                }
            }
            List<List<ByteBuffer>> bytes = ranks.all(collective -> {
                byte[] mine = new byte[collective.rank() * 40_000];
                Arrays.fill(mine, (byte) collective.rank());
                return collective.allGather(ByteBuffer.wrap(mine));
            });
            for (List<ByteBuffer> each : bytes) {
                assertThat(each).hasSize(size);
                for (int rank = 0; rank < size; rank++) {
                    assertThat(each.get(rank).remaining()).isEqualTo(rank * 40_000);
                    assertThat(each.get(rank).order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                    if (rank > 0) {
                        assertThat(each.get(rank).get(rank * 40_000 - 1)).isEqualTo((byte) rank);
                    }
                }
            }
        }
    }

    private static void check(double value, double expected) {
        if (value != expected) {
            assertThat(value).isEqualTo(expected);
        }
    }

    @Test
    void aBarrierWaitsForTheLast() throws Exception {
        try (Ranks ranks = Ranks.joined(3)) {
            AtomicInteger there = new AtomicInteger();
            List<Integer> seen = ranks.all(collective -> {
                List<Integer> missing = new ArrayList<>();
                for (int round = 1; round <= 200; round++) {
                    there.incrementAndGet();
                    collective.barrier();
                    if (there.get() < 3 * round) {
                        missing.add(round);
                    }
                }
                return missing.size();
            });
            assertThat(seen).containsOnly(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5})
    void noMoreGoesOverTheWireThanTheAlgorithmNeeds(int size) throws Exception {
        int count = (16 << 20) / Float.BYTES;
        try (Ranks ranks = Ranks.joined(size)) {
            long before = ranks.sentBytes();
            ranks.all(collective -> {
                collective.allReduce(floats(count), Reduction.SUM);
                return null;
            });
            double perRank = (double) (ranks.sentBytes() - before) / size;
            assertThat(perRank / (16 << 20) / (2.0 * (size - 1) / size)).isBetween(1.0, 1.001);
        }
    }

    @Test
    void withAKeyTheDataIsSealed() throws Exception {
        int count = 1_000_003;
        try (Ranks ranks = new Ranks(3, TransferConfig.loopback(4711).withKey(KEY))) {
            ranks.join(1);
            long before = ranks.sentBytes();
            List<Float> sums = ranks.all(collective -> {
                FloatBuffer data = floats(count);
                for (int k = 0; k < count; k++) {
                    data.put(k, collective.rank() + 1);
                }
                collective.allReduce(data, Reduction.SUM);
                float least = 6;
                for (int k = 0; k < count; k++) {
                    least = Math.min(least, data.get(k));
                }
                return least;
            });
            assertThat(sums).containsOnly(6f);
            assertThat((ranks.sentBytes() - before) / 3.0 / (4.0 * count * 4 / 3))
                    .isBetween(1.0, 1.01);
        }
    }

    @Test
    void differentCallsAreToldByBothRanks() throws Exception {
        try (Ranks ranks = Ranks.joined(4)) {
            List<Future<Object>> running = IntStream.range(0, 4)
                    .mapToObj(rank -> ranks.start(rank, collective -> {
                        collective.allReduce(floats(rank == 2 ? 5_000_000 : 5_000_001), Reduction.MEAN);
                        return null;
                    }))
                    .toList();
            for (Future<Object> each : running) {
                assertThat(Ranks.failure(each))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageMatching(
                                "rank (1 calls allReduce MEAN of 5000001 floats, rank 2 calls allReduce MEAN of"
                                        + " 5000000 floats|2 calls allReduce MEAN of 5000000 floats, rank 3 calls allReduce MEAN of"
                                        + " 5000001 floats) \\(expected: the same of all ranks\\)");
            }
            assertThatThrownBy(() -> ranks.rank(0).barrier()).isInstanceOf(ConfigurationException.class);
        }
    }

    @Test
    void differentOperationsAndKindsAreTold() throws Exception {
        for (List<Ranks.Work<Object>> calls : List.<List<Ranks.Work<Object>>>of(
                List.of(
                        collective -> {
                            collective.barrier();
                            return null;
                        },
                        collective -> collective.allGather(ByteBuffer.allocate(3))),
                List.of(
                        collective -> {
                            collective.broadcast(floats(3), 0);
                            return null;
                        },
                        collective -> {
                            collective.broadcast(floats(3), 1);
                            return null;
                        }),
                List.of(
                        collective -> {
                            collective.allReduce(floats(3), Reduction.MAX);
                            return null;
                        },
                        collective -> {
                            collective.allReduce(IntBuffer.allocate(3), Reduction.MAX);
                            return null;
                        }))) {
            try (Ranks ranks = Ranks.joined(2)) {
                Future<Object> first = ranks.start(0, calls.get(0));
                Future<Object> second = ranks.start(1, calls.get(1));
                for (Future<Object> each : List.of(first, second)) {
                    assertThat(Ranks.failure(each))
                            .isInstanceOf(ConfigurationException.class)
                            .hasMessageContaining("rank 0 calls ")
                            .hasMessageContaining("rank 1 calls ");
                }
            }
        }
    }

    @Test
    void whoWaitsIsAskedAndMayGiveUpWhichAllOthersAreTold() throws Exception {
        try (Ranks ranks = new Ranks(4, TransferConfig.loopback(4711))) {
            AtomicBoolean enough = new AtomicBoolean();
            AtomicInteger asked = new AtomicInteger();
            ranks.join(1, () -> {
                if (asked.incrementAndGet() > 50 && enough.getAndSet(false)) {
                    throw new IllegalStateException("enough");
                }
            });
            enough.set(true);
            List<Future<Object>> waiting = IntStream.range(0, 3)
                    .mapToObj(rank -> ranks.start(rank, collective -> {
                        collective.barrier();
                        return null;
                    }))
                    .toList();
            int gaveUp = 0;
            for (Future<Object> each : waiting) {
                Throwable failure = Ranks.failure(each);
                if (failure instanceof IllegalStateException) {
                    gaveUp++;
                } else {
                    assertThat(failure)
                            .isInstanceOf(InfrastructureException.class)
                            .hasMessageContaining("gave up: enough");
                }
            }
            assertThat(gaveUp).isEqualTo(1);
            assertThatThrownBy(() -> ranks.rank(3).barrier())
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("gave up: enough");
        }
    }

    @Test
    void aRankThatHasLeftIsMissedOnlyWhenItIsNeeded() throws Exception {
        try (Ranks ranks = Ranks.joined(3)) {
            FloatBuffer[] data = {floats(3_000), floats(3_000), floats(3_000)};
            CountDownLatch left = new CountDownLatch(1);
            Future<Object> first = ranks.start(0, collective -> {
                collective.broadcast(data[0].put(0, 7f), 0);
                return null;
            });
            Future<Object> last = ranks.start(2, collective -> {
                collective.broadcast(data[2], 0);
                return null;
            });
            Future<Object> middle = ranks.start(1, collective -> {
                collective.broadcast(data[1], 0);
                left.await();
                return null;
            });
            first.get(30, TimeUnit.SECONDS);
            last.get(30, TimeUnit.SECONDS);
            ranks.ports().get(0).close();
            left.countDown();
            middle.get(30, TimeUnit.SECONDS);
            assertThat(data[2].get(0)).isEqualTo(7f);
            Future<Object> one = ranks.start(1, RingTest::barrier);
            Future<Object> two = ranks.start(2, RingTest::barrier);
            for (Future<Object> each : List.of(one, two)) {
                assertThat(Ranks.failure(each))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining(
                                "rank 0 (" + ranks.endpoints().get(0) + ") is lost: it has left the ring");
            }
        }
    }

    @Test
    void whoWaitsByOtherMeansIsAskedAndHearsWhoIsLost() throws Exception {
        try (Ranks ranks = new Ranks(3, TransferConfig.loopback(4711))) {
            AtomicInteger asked = new AtomicInteger();
            AtomicBoolean enough = new AtomicBoolean();
            ranks.join(1, () -> {
                asked.incrementAndGet();
                if (enough.getAndSet(false)) {
                    throw new IllegalStateException("enough");
                }
            });
            int before = asked.get();
            ranks.rank(0).keepUp();
            assertThat(asked.get()).isEqualTo(before + 1);
            enough.set(true);
            assertThat(Ranks.failure(ranks.start(2, RingTest::barrier))).isInstanceOf(IllegalStateException.class);
            await().atMost(Ranks.SOON)
                    .untilAsserted(() -> assertThatThrownBy(() -> ranks.rank(0).keepUp())
                            .isInstanceOf(InfrastructureException.class)
                            .hasMessageContaining("waiting by rank 0 of 3 failed: rank 2 (")
                            .hasMessageContaining("gave up: enough"));
        }
    }

    private static Object barrier(Collective collective) {
        collective.barrier();
        return "";
    }

    @Test
    void whoseConnectionBreaksIsNamedByAll() throws Exception {
        try (Ranks ranks = Ranks.joined(5)) {
            List<Future<Object>> waiting = IntStream.of(0, 1, 3, 4)
                    .mapToObj(rank -> ranks.start(rank, RingTest::barrier))
                    .toList();
            ranks.ports().get(2).close();
            for (Future<Object> each : waiting) {
                assertThat(Ranks.failure(each))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining("barrier by rank ")
                        .hasMessageContaining("rank 2 (" + ranks.endpoints().get(2) + ") is lost");
            }
        }
    }

    @Test
    void closingEndsAnOperation() throws Exception {
        try (Ranks ranks = Ranks.joined(2)) {
            Future<Object> waiting = ranks.start(0, RingTest::barrier);
            ranks.ports().get(0).close();
            assertThat(Ranks.failure(waiting))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("has closed it");
        }
    }
}
