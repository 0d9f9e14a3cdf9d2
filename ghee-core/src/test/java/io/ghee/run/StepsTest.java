package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.InputException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.function.Opener;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the steps of a pipeline do to its records, in one JVM. */
class StepsTest {
    private static final List<Integer> HUNDRED = IntStream.range(0, 100).boxed().toList();

    private static RecordStage<Integer> read(int records, int splits, int replicas) {
        return Pipeline.named("steps")
                .readFrom(ListSource.numbers(records, splits))
                .stage("read", replicas(replicas));
    }

    @Test
    void mapFilterAndFlatMapKeepTheOrderOfOneReplica() throws Exception {
        var result = Jobs.<String>run(read(5, 1, 1)
                .map(n -> n * 10)
                .filter(n -> n != 20)
                .flatMap(n -> n == 30 ? List.of() : List.of(n + "a", n + "b"))
                .writeTo(new CollectSink<String>()));

        assertThat(result.records()).containsExactly("0a", "0b", "10a", "10b", "40a", "40b");
        assertThat(result.collected().events()).containsExactly("prepare", "commit [0: 6]");
    }

    @Test
    void everyRecordComesOnceHoweverManySplitsAndReplicas() throws Exception {
        for (int splits : new int[] {1, 3, 7, 100}) {
            for (int replicas : new int[] {1, 4}) {
                var result = Jobs.<Integer>run(read(100, splits, replicas)
                        .map(n -> n)
                        .stage("middle", replicas(3))
                        .map(n -> n)
                        .stage("write", replicas(2))
                        .writeTo(new CollectSink<Integer>()));

                assertThat(result.records()).containsExactlyInAnyOrderElementsOf(HUNDRED);
                assertThat(result.byReplica()).hasSize(2);
            }
        }
    }

    @Test
    void aSourceWithoutRecordsMakesAnEmptyOutput() throws Exception {
        var result = Jobs.<Integer>run(
                read(0, 1, 2).batch(4).stage("write", replicas(2)).writeTo(new CollectSink<Integer>()));

        assertThat(result.records()).isEmpty();
        assertThat(result.collected().events()).containsExactly("prepare", "commit [0: 0, 1: 0]");
    }

    @Test
    void epochsReadTheSourceAgain() throws Exception {
        var result = Jobs.<Integer>run(Pipeline.named("steps")
                .readFrom(ListSource.numbers(10, 3).epochs(4))
                .stage("read", replicas(2))
                .stage("write", replicas(2))
                .writeTo(new CollectSink<Integer>()));

        assertThat(result.records())
                .hasSize(40)
                .containsExactlyInAnyOrderElementsOf(
                        Collections.nCopies(4, IntStream.range(0, 10).boxed().toList()).stream()
                                .flatMap(List::stream)
                                .toList());
    }

    @Test
    void shuffleMixesTheRecordsAndLosesNone() throws Exception {
        List<Integer> mixed = shuffled(20, 7);

        assertThat(mixed).containsExactlyInAnyOrderElementsOf(HUNDRED).isNotEqualTo(HUNDRED);
        assertThat(shuffled(1000, 7))
                .containsExactlyInAnyOrderElementsOf(HUNDRED)
                .isNotEqualTo(HUNDRED);
    }

    @Test
    void shuffleOfOneReplicaIsAFunctionOfItsSeed() throws Exception {
        assertThat(shuffled(20, 7)).isEqualTo(shuffled(20, 7));
        assertThat(shuffled(20, 7)).isNotEqualTo(shuffled(20, 8));
    }

    @Test
    void shuffleMixesEveryEpochAnew() throws Exception {
        List<Integer> both = Jobs.<Integer>run(Pipeline.named("steps")
                        .readFrom(ListSource.of(HUNDRED, 1).epochs(2))
                        .stage("read", replicas(1))
                        .shuffle(1000, 7)
                        .writeTo(new CollectSink<Integer>()))
                .records();

        assertThat(both.subList(0, 100)).containsExactlyInAnyOrderElementsOf(HUNDRED);
        assertThat(both.subList(100, 200))
                .containsExactlyInAnyOrderElementsOf(HUNDRED)
                .isNotEqualTo(both.subList(0, 100));
    }

    private static List<Integer> shuffled(int window, long seed) throws Exception {
        return Jobs.<Integer>run(read(100, 1, 1).shuffle(window, seed).writeTo(new CollectSink<Integer>()))
                .records();
    }

    @Test
    void batchesHaveTheirSizeAndTheLastOneTheRest() throws Exception {
        var result = Jobs.<Integer>run(
                read(10, 3, 1).batch(4).map(batch -> List.of(batch.size())).writeTo(new CollectSink<Integer>()));

        assertThat(result.records()).containsExactly(4, 4, 2);
    }

    @Test
    void aLingeringBatchGoesOnWhileItsStageWaitsForMore() throws Exception {
        Waiting.reset();

        var result = Jobs.<Integer>run(read(3, 1, 1)
                .map(n -> n == 2 ? Waiting.until(n) : n)
                .batch(1)
                .stage("group", replicas(1))
                .unbatch()
                .batch(100, Duration.ofMillis(1))
                .map(batch -> Waiting.arrive(batch.records()))
                .writeTo(new CollectSink<Integer>()));

        assertThat(result.records()).containsExactly(0, 1, 2);
    }

    /** A latch for functions, which could not capture it. */
    static final class Waiting {
        private static volatile CountDownLatch latch = new CountDownLatch(1);

        static void reset() {
            latch = new CountDownLatch(1);
        }

        static <T> T arrive(T value) {
            latch.countDown();
            return value;
        }

        static <T> T until(T value) throws InterruptedException {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
            return value;
        }
    }

    @Test
    void mapOfBatchesMayChangeTheirSize() throws Exception {
        var result = Jobs.<Integer>run(read(9, 1, 1)
                .batch(3)
                .map(batch -> batch.records().get(0) == 3 ? List.of() : List.of(batch.size(), batch.size()))
                .stage("write", replicas(1))
                .writeTo(new CollectSink<Integer>()));

        assertThat(result.records()).containsExactly(3, 3, 3, 3);
    }

    /** What replicas open; remembers by name, so that functions need not capture it. */
    static final class Model implements AutoCloseable {
        static final List<Model> OPENED = Collections.synchronizedList(new ArrayList<>());

        final int replica;
        volatile int uses;
        volatile int closes;
        volatile boolean interruptedWhileClosing;

        private Model(int replica) {
            this.replica = replica;
        }

        static Model open(int replica) {
            Model model = new Model(replica);
            OPENED.add(model);
            return model;
        }

        int apply(int n) {
            uses++;
            return n + 1;
        }

        List<Integer> predict(Batch<Integer> batch) {
            return batch.records().stream().map(this::apply).toList();
        }

        @Override
        public void close() {
            closes++;
            try {
                new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                interruptedWhileClosing = true;
            }
        }
    }

    @Test
    void mapWithOpensOncePerReplicaAndClosesAtTheEnd() throws Exception {
        Model.OPENED.clear();

        var result = Jobs.<Integer>run(
                read(100, 10, 3).mapWith(Model::open, Model::apply).writeTo(new CollectSink<>()));

        assertThat(result.records())
                .containsExactlyInAnyOrderElementsOf(
                        HUNDRED.stream().map(n -> n + 1).toList());
        assertThat(Model.OPENED).extracting(model -> model.replica).containsExactlyInAnyOrder(0, 1, 2);
        assertThat(Model.OPENED).allSatisfy(model -> assertThat(model.closes).isEqualTo(1));
        assertThat(Model.OPENED.stream().mapToInt(model -> model.uses).sum()).isEqualTo(100);
    }

    @Test
    void mapWithOfBatchesOpensOncePerReplicaToo() throws Exception {
        Model.OPENED.clear();

        var result = Jobs.<Integer>run(read(100, 10, 1)
                .batch(8)
                .stage("predict", replicas(2))
                .mapWith(Model::open, Model::predict)
                .writeTo(new CollectSink<>()));

        assertThat(result.records()).hasSize(100).contains(100).doesNotContain(0);
        assertThat(Model.OPENED).extracting(model -> model.replica).containsExactlyInAnyOrder(0, 1);
        assertThat(Model.OPENED).allSatisfy(model -> assertThat(model.closes).isEqualTo(1));
    }

    @Test
    void aGoodEndLeavesTheWorkersTimeToClose() throws Exception {
        Model.OPENED.clear();

        Jobs.<Integer>run(read(10, 1, 2).mapWith(Model::open, Model::apply).writeTo(new CollectSink<>()));

        assertThat(Model.OPENED).hasSize(2).allSatisfy(model -> {
            assertThat(model.closes).isEqualTo(1);
            assertThat(model.interruptedWhileClosing).isFalse();
        });
    }

    @Test
    void whatWasOpenedIsClosedWhenTheJobFails() throws Exception {
        Model.OPENED.clear();
        Opener<Model> opener = Model::open;

        Jobs.fail(read(10, 1, 2)
                .mapWith(opener, Model::apply)
                .map(n -> {
                    if (n == 5) {
                        // Else the job might have failed before the other replica has begun.
                        await().atMost(Jobs.DEADLINE).until(() -> Model.OPENED.size() == 2);
                    }
                    return n / (n - 5);
                })
                .writeTo(new CollectSink<Integer>()));

        assertThat(Model.OPENED)
                .hasSize(2)
                .allSatisfy(model -> assertThat(model.closes).isEqualTo(1));
    }

    /** A sink that cannot be prepared. */
    record Forbidden(RuntimeException refusal) implements Sink<Object> {
        @Override
        public String describe() {
            return "vault";
        }

        @Override
        public void prepare(String job) throws IOException {
            if (refusal != null) {
                throw refusal;
            }
            throw new IOException("disk full");
        }

        @Override
        public SinkWriter<Object> open(String job, int replica, int attempt) {
            throw new AssertionError("opened though it was refused");
        }

        @Override
        public void commit(String job, List<String> finished) {}

        @Override
        public void abort(String job) {}
    }

    @Test
    void aSinkThatCannotBeWrittenIsToldBeforeAnythingRuns() {
        Pipeline refused = read(1, 1, 1).writeTo(new Forbidden(new ConfigurationException("vault: is locked")));
        Pipeline broken = read(1, 1, 1).writeTo(new Forbidden(null));

        assertThatThrownBy(() -> Ghee.local().launch(refused))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("vault: is locked");
        assertThatThrownBy(() -> Ghee.local().launch(broken))
                .isInstanceOf(GheeException.class)
                .hasMessage("vault: disk full");
    }

    /** A source that is not there. */
    record Missing() implements BoundedSource<Integer>, Serializable {
        @Override
        public String describe() {
            return "nowhere";
        }

        @Override
        public List<Split> splits(int readers) throws IOException {
            throw new IOException("no such list");
        }

        @Override
        public SplitReader<Integer> open(Split split) {
            throw new AssertionError("opened though there is no split");
        }
    }

    @Test
    void aSourceThatIsMissingIsToldBeforeAnythingRuns() {
        Pipeline pipeline = Pipeline.named("steps")
                .readFrom(new Missing())
                .stage("read", replicas(1))
                .writeTo(new CollectSink<Integer>());

        assertThatThrownBy(() -> Ghee.local().launch(pipeline))
                .isInstanceOf(InputException.class)
                .hasMessage("nowhere: no such list");
    }

    @Test
    void launchersAreFoundByName() {
        assertThat(Ghee.launcher("local").name()).isEqualTo("local");
        assertThatThrownBy(() -> Ghee.launcher("moon"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("launcher: \"moon\" (expected: one of [local");
    }
}
