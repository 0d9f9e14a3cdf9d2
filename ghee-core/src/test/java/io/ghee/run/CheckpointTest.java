package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.Pipeline;
import io.ghee.testing.CollectSink;
import io.ghee.testing.DirectoryStore;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import io.ghee.train.Checkpointable;
import io.ghee.train.Checkpoints;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training that is interrupted goes on with exactly the next record. Here a worker is a thread, and loses itself. */
class CheckpointTest {
    private static final int ROWS = 700;
    private static final int EPOCHS = 3;
    private static final Map<String, AtomicInteger> STEPS = new ConcurrentHashMap<>();

    @TempDir
    private Path directory;

    @BeforeEach
    void forget() {
        STEPS.clear();
    }

    /** Remembers what all ranks were given, by epoch, in the order of the steps. */
    static final class Memory implements Checkpointable, Artifact {
        private final List<List<Integer>> epochs = new ArrayList<>();

        List<Integer> epoch(int number) {
            while (epochs.size() < number) {
                epochs.add(new ArrayList<>());
            }
            return epochs.get(number - 1);
        }

        @Override
        public Snapshot snapshot() {
            List<List<Integer>> copy = epochs.stream().map(List::copyOf).toList();
            return stream -> {
                DataOutputStream out = new DataOutputStream(stream);
                out.writeInt(copy.size());
                for (List<Integer> epoch : copy) {
                    out.writeInt(epoch.size());
                    for (int record : epoch) {
                        out.writeInt(record);
                    }
                }
                out.flush();
            };
        }

        @Override
        public void restore(InputStream stream) throws IOException {
            DataInputStream in = new DataInputStream(stream);
            int size = in.readInt();
            for (int number = 1; number <= size; number++) {
                for (int left = in.readInt(); left > 0; left--) {
                    epoch(number).add(in.readInt());
                }
            }
        }

        @Override
        public void save(Path where) {}

        @Override
        public boolean isSameOnAllRanks() {
            return true;
        }
    }

    /** A trainer of which one rank or another is lost at these steps, counted over all attempts. */
    record Trainer(String name, List<Integer> lostAt) implements java.io.Serializable {
        Memory train(TrainContext<Integer> context) throws Exception {
            Memory memory = new Memory();
            context.checkpoint(memory);
            Collective ranks = context.collective();
            for (Epoch<Integer> epoch : context.epochs()) {
                for (Batch<Integer> batch : epoch) {
                    for (ByteBuffer each : ranks.allGather(bytes(batch))) {
                        while (each.hasRemaining()) {
                            memory.epoch(epoch.number()).add(each.getInt());
                        }
                    }
                    int step = STEPS.computeIfAbsent(name, n -> new AtomicInteger())
                            .incrementAndGet();
                    if (lostAt.contains(step)) {
                        throw new InfrastructureException("lost at step " + step);
                    }
                }
            }
            return memory;
        }

        private static ByteBuffer bytes(Batch<Integer> batch) {
            List<Integer> records = batch.isPadding() ? List.of() : batch.records();
            ByteBuffer bytes = ByteBuffer.allocate(4 * records.size()).order(ByteOrder.LITTLE_ENDIAN);
            records.forEach(bytes::putInt);
            return bytes.flip();
        }
    }

    private Pipeline pipeline(int readers, int ranks, Trainer trainer, Checkpoints checkpoints) {
        return Pipeline.named("checkpoints")
                .readFrom(ListSource.numbers(ROWS, 7).epochs(EPOCHS))
                .stage("read", replicas(readers))
                .filter(n -> n % 10 != 9)
                .shuffle(50, 1)
                .batch(8)
                .distribute(even())
                .stage("train", replicas(ranks))
                .tally("rows", Batch::size)
                .train(trainer::train)
                .writeTo(new CollectSink<Memory>())
                .withRestarts(20)
                .withCheckpoints(checkpoints);
    }

    private Checkpoints everySteps(long steps) {
        return Checkpoints.everySteps(steps, new DirectoryStore(directory.toString()));
    }

    private static void assertEachRecordOnce(Jobs.Result<Memory> result) {
        assertThat(result.records()).hasSize(1);
        List<Integer> once =
                IntStream.range(0, ROWS).filter(n -> n % 10 != 9).boxed().toList();
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            assertThat(result.records().get(0).epoch(epoch)).containsExactlyInAnyOrderElementsOf(once);
            assertThat(result.progress().tally("rows", epoch)).isEqualTo(once.size());
        }
        assertThat(result.progress().training().records()).isEqualTo((long) EPOCHS * once.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyRecordIsTrainedOnOnceThoughRanksAreLost(int ranks) throws Exception {
        Random random = new Random(7 * ranks);
        for (int round = 0; round < 5; round++) {
            List<Integer> lostAt = random.ints(4, 1, 300).boxed().toList();
            Trainer trainer = new Trainer("lost-" + ranks + "-" + round, lostAt);

            Jobs.Result<Memory> result = Jobs.run(pipeline(2, ranks, trainer, everySteps(1 + random.nextInt(20))));

            assertEachRecordOnce(result);
            assertThat(Files.list(directory)).isEmpty();
        }
    }

    @Test
    void aJobThatFailedIsGoneOnWith() throws Exception {
        Trainer fails = new Trainer("fails", List.of(60));
        GheeException failure = Jobs.fail(pipeline(2, 2, fails, everySteps(10)).withRestarts(0));
        assertThat(failure.reason()).contains("lost at step 60");
        assertThat(new DirectoryStore(directory.toString()).list()).isNotEmpty();

        Trainer again = new Trainer("again", List.of());
        Jobs.Result<Memory> result = Jobs.run(pipeline(3, 3, again, everySteps(10)));

        assertEachRecordOnce(result);
        // Without what was done it would take 27 steps of each rank in an epoch.
        assertThat(STEPS.get("again").get()).isLessThan(EPOCHS * 27 * 3 - 10);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void whatEachStepWasGivenIsWrittenDown(int ranks) throws Exception {
        Trainer fails = new Trainer("fails", List.of(9, 33, 60));
        Jobs.fail(pipeline(2, 2, fails, everySteps(10).audited()).withRestarts(1));
        Trainer again = new Trainer("again", List.of(40, 77));

        Jobs.Result<Memory> result =
                Jobs.run(pipeline(2, ranks, again, everySteps(7).audited()));

        assertEachRecordOnce(result);
        assertWrittenDown(result.records().get(0));
        // Another job, from the beginning: what was before is of no account any more.
        Jobs.Result<Memory> fresh = Jobs.run(
                pipeline(1, 2, new Trainer("fresh", List.of()), everySteps(50).audited()));
        assertWrittenDown(fresh.records().get(0));
    }

    private void assertWrittenDown(Memory memory) throws IOException {
        TreeMap<Long, TreeMap<Integer, TrainAudit.Given>> steps = new TreeMap<>();
        TrainAudit.read(
                new DirectoryStore(directory.toString()),
                given -> assertThat(steps.computeIfAbsent(given.step(), step -> new TreeMap<>())
                                .put(given.rank(), given))
                        .isNull());
        assertThat(steps.keySet())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, steps.size()).boxed().toList());
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            int number = epoch;
            assertThat(steps.values().stream()
                            .flatMap(ranks -> ranks.values().stream())
                            .filter(given -> given.epoch() == number)
                            .flatMap(given -> given.records().stream())
                            .map(CheckpointTest::record))
                    .containsExactlyElementsOf(memory.epoch(epoch));
        }
    }

    /** The number that a place of the list has. */
    private static int record(TrainAudit.Place place) {
        return Integer.parseInt(place.split().replaceAll("list\\[(\\d+), .*", "$1")) + (int) place.number();
    }

    @Test
    void aNoteOfAnAuditThatIsDamagedIsNamed() throws Exception {
        Jobs.run(pipeline(1, 1, new Trainer("one", List.of()), everySteps(1000).audited()));
        DirectoryStore store = new DirectoryStore(directory.toString());
        String part = store.notes().stream()
                .filter(name -> name.startsWith("steps-"))
                .findFirst()
                .orElseThrow();
        store.note(part, out -> out.write("1 1 99:0\n".getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> TrainAudit.read(store, given -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(part + ": \"1 1 99:0\" (expected: step, epoch, and records of 7 splits)");
    }

    @Test
    void timeCountsToo() throws Exception {
        Checkpoints often = Checkpoints.every(Duration.ofMillis(10), new DirectoryStore(directory.toString()));
        Trainer trainer = new Trainer("timed", List.of(70, 140));

        assertEachRecordOnce(Jobs.run(pipeline(2, 2, trainer, often)));
    }

    @Test
    void aDamagedStateEndsTheJobAndStays() throws Exception {
        Jobs.fail(
                pipeline(1, 1, new Trainer("one", List.of(60)), everySteps(10)).withRestarts(0));
        DirectoryStore store = new DirectoryStore(directory.toString());
        long step = store.list().get(store.list().size() - 1);
        Path state;
        try (var parts = Files.list(directory.resolve(Long.toString(step)))) {
            state = parts.filter(part -> part.getFileName().toString().startsWith("state"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(state);
        bytes[bytes.length / 2] ^= 1;
        Files.write(state, bytes);

        GheeException failure = Jobs.fail(pipeline(1, 1, new Trainer("two", List.of()), everySteps(10)));

        assertThat(failure.kind()).isEqualTo(GheeException.Kind.INPUT);
        assertThat(failure.reason()).contains("step " + step).contains("is damaged: ");
        assertThat(store.list()).contains(step);
    }

    @Test
    void anotherInputIsRefused() throws Exception {
        Jobs.fail(
                pipeline(1, 1, new Trainer("one", List.of(60)), everySteps(10)).withRestarts(0));

        Pipeline other = Pipeline.named("checkpoints")
                .readFrom(ListSource.numbers(ROWS, 5).epochs(EPOCHS))
                .stage("train", replicas(1))
                .batch(8)
                .train(new Trainer("two", List.of())::train)
                .writeTo(new CollectSink<Memory>())
                .withCheckpoints(everySteps(10));

        assertThat(org.assertj.core.api.Assertions.catchThrowableOfType(
                                ConfigurationException.class,
                                () -> io.ghee.Ghee.local().launch(other))
                        .reason())
                .contains("has a checkpoint of another input: list of 700 x 3 epochs has 5 splits");
    }

    @Test
    void aFunctionThatKeepsNothingIsToldSo() throws Exception {
        GheeException failure = Jobs.fail(Pipeline.named("checkpoints")
                .readFrom(ListSource.numbers(ROWS, 5).epochs(EPOCHS))
                .stage("train", replicas(1))
                .batch(8)
                .train(io.ghee.train.Drain::train)
                .writeTo(new CollectSink<Artifact>())
                .withCheckpoints(everySteps(10)));

        assertThat(failure.reason()).contains("its train function keeps nothing in them");
    }

    @Test
    void aLossThatIsNoNumberEndsTheJob() throws Exception {
        GheeException failure = Jobs.fail(Pipeline.named("checkpoints")
                .readFrom(ListSource.numbers(ROWS, 5).epochs(EPOCHS))
                .stage("train", replicas(1))
                .batch(8)
                .train(context -> {
                    context.checkpoint(new Memory());
                    for (Epoch<Integer> epoch : context.epochs()) {
                        for (Batch<Integer> batch : epoch) {
                            context.report("loss", context.step() == 25 ? Double.NaN : 1);
                        }
                    }
                    return new Memory();
                })
                .writeTo(new CollectSink<Memory>())
                .withCheckpoints(everySteps(10)));

        assertThat(failure.reason()).contains("loss: NaN at epoch 1, step 25");
        assertThat(failure.kind()).isEqualTo(new InputException("x").kind());
        assertThat(new DirectoryStore(directory.toString()).list()).contains(10L);
    }
}
