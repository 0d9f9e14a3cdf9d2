package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.broadcast;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.InfrastructureException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A worker that is lost begins again, and every record arrives once. Here a worker is a thread, and loses itself. */
class LostWorkerTest {
    private static final Map<String, AtomicInteger> CALLS = new ConcurrentHashMap<>();
    private static final AtomicInteger NAMES = new AtomicInteger();

    /** Counts its calls, and fails as by an outer cause at some of them. */
    record Trap(String name, List<Integer> at) implements java.io.Serializable {
        static Trap at(Integer... calls) {
            return new Trap("trap-" + NAMES.incrementAndGet(), List.of(calls));
        }

        <T> T pass(T value) {
            int call = CALLS.computeIfAbsent(name, n -> new AtomicInteger()).incrementAndGet();
            if (at.contains(call)) {
                throw new InfrastructureException("lost at call " + call);
            }
            return value;
        }
    }

    private static RecordStage<Integer> read(int rows, int splits, int epochs, int replicas) {
        return Pipeline.named("lost")
                .readFrom(ListSource.numbers(rows, splits).epochs(epochs))
                .stage("read", replicas(replicas));
    }

    private static List<Integer> times(int rows, int times) {
        List<Integer> all = new ArrayList<>();
        for (int k = 0; k < times; k++) {
            IntStream.range(0, rows).forEach(all::add);
        }
        Collections.sort(all);
        return all;
    }

    record Shape(String name, int copies, Function<Trap, Pipeline> pipeline) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final int ROWS = 3000;
    private static final int EPOCHS = 2;

    static List<Shape> shapes() {
        return List.of(
                new Shape(
                        "balanced records",
                        1,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .map(trap::pass)
                                .distribute(balanced())
                                .stage("write", replicas(2))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "shuffle, batch, even",
                        1,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .map(trap::pass)
                                .shuffle(200, 1)
                                .batch(16)
                                .distribute(even())
                                .stage("write", replicas(3))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "flatMap, byKey",
                        3,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .flatMap(n -> List.of(n, n, n))
                                .map(trap::pass)
                                .distribute(byKey(n -> n))
                                .stage("write", replicas(2))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "broadcast",
                        2,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .map(trap::pass)
                                .batch(8)
                                .distribute(broadcast())
                                .stage("write", replicas(2))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "three stages",
                        4,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .flatMap(n -> List.of(n, -n - 1))
                                .shuffle(100, 2)
                                .batch(32)
                                .distribute(even())
                                .stage("middle", replicas(3))
                                .map(batch -> batch.records().stream()
                                        .map(n -> trap.pass(n < 0 ? -n - 1 : n))
                                        .toList())
                                .unbatch()
                                .flatMap(n -> List.of(n, n))
                                .filter(n -> n >= 0)
                                .batch(10)
                                .distribute(balanced())
                                .stage("write", replicas(2))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "broadcast in the middle",
                        2,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .batch(8)
                                .distribute(broadcast())
                                .stage("middle", replicas(2))
                                .unbatch()
                                .map(trap::pass)
                                .stage("write", replicas(2))
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "lost in the last stage",
                        1,
                        trap -> read(ROWS, 7, EPOCHS, 2)
                                .batch(16)
                                .stage("write", replicas(2))
                                .unbatch()
                                .map(trap::pass)
                                .writeTo(new CollectSink<Integer>())),
                new Shape(
                        "one stage",
                        1,
                        trap -> read(ROWS, 7, EPOCHS, 2).map(trap::pass).writeTo(new CollectSink<Integer>())));
    }

    static Stream<Arguments> cases() {
        return shapes().stream()
                .flatMap(shape -> Stream.of(
                        Arguments.of(shape, List.of(1)),
                        Arguments.of(shape, List.of(1000)),
                        Arguments.of(shape, List.of(2999, 4500)),
                        Arguments.of(shape, List.of(500, 3100, 5990))));
    }

    @ParameterizedTest(name = "{0}, lost at {1}")
    @MethodSource("cases")
    void everyRecordArrivesOnce(Shape shape, List<Integer> at) throws Exception {
        Trap trap = Trap.at(at.toArray(Integer[]::new));

        Jobs.Result<Integer> result = Jobs.run(shape.pipeline().apply(trap).withRestarts(10));

        assertThat(result.records().stream().sorted()).containsExactlyElementsOf(times(ROWS, EPOCHS * shape.copies()));
        // Two replicas that fail in one generation are one loss.
        assertThat(result.progress().restarts()).hasSizeBetween(1, at.size());
    }

    @Test
    void oneLossTooManyEndsTheJob() throws Exception {
        Trap trap = Trap.at(1, 2, 3, 4, 5, 6, 7, 8);

        var failed = Jobs.fail(read(10, 1, 1, 1)
                .map(trap::pass)
                .stage("write", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .withRestarts(2));

        assertThat(failed.reason()).startsWith("stage read, replica 0: lost at call 3");
    }

    @Test
    void withoutRestartsTheFirstLossEndsTheJob() throws Exception {
        Trap trap = Trap.at(5);

        var failed = Jobs.fail(read(10, 1, 1, 1)
                .map(trap::pass)
                .stage("write", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .withRestarts(0));

        assertThat(failed.reason()).startsWith("stage read, replica 0: lost at call 5");
    }

    @Test
    void atLeastOnceMayDoubleButLosesNothing() throws Exception {
        Trap trap = Trap.at(2500);

        Jobs.Result<Integer> result = Jobs.run(read(ROWS, 3, 1, 2)
                .map(trap::pass)
                .batch(16)
                .stage("write", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .atLeastOnce());

        assertThat(result.records()).containsAll(times(ROWS, 1));
    }
}
