package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.CheckpointFiles;
import io.ghee.io.file.Text;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.TrainAudit;
import io.ghee.train.Artifact;
import io.ghee.train.CheckpointStore;
import io.ghee.train.Checkpointable;
import io.ghee.train.Checkpoints;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A rank is lost, and takes long to come back: the others go on without it, and take it in at a checkpoint. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RegainedRankTest {
    private static final int NUMBERS = 4000;
    private static final Duration SOON = Duration.ofSeconds(60);

    private @TempDir Path directory;

    /** Counts all records, of all ranks. */
    private static final class Count implements Checkpointable, Artifact {
        private long count;

        static Count train(TrainContext<Integer> context, String directory) throws Exception {
            Count count = new Count();
            context.checkpoint(count);
            Path world = Files.createDirectories(Path.of(directory, "worlds"))
                    .resolve(context.step() + " steps, " + context.worldSize() + " ranks");
            if (context.rank() == 0) {
                Files.createFile(world);
            }
            Collective ranks = context.collective();
            LongBuffer one = LongBuffer.allocate(1);
            for (Epoch<Integer> epoch : context.epochs()) {
                for (Batch<Integer> batch : epoch) {
                    one.put(0, batch.isPadding() ? 0 : batch.size());
                    ranks.allReduce(one, Collective.Reduction.SUM);
                    count.count += one.get(0);
                    TimeUnit.MILLISECONDS.sleep(Files.exists(Path.of(directory, "go")) ? 0 : 50);
                }
            }
            return count;
        }

        @Override
        public Snapshot snapshot() {
            byte[] text = Long.toString(count).getBytes();
            return out -> out.write(text);
        }

        @Override
        public void restore(InputStream in) throws IOException {
            count = Long.parseLong(new String(in.readAllBytes()));
        }

        @Override
        public void save(Path where) throws IOException {
            Files.writeString(where.resolve("count"), Long.toString(count));
        }

        @Override
        public boolean isSameOnAllRanks() {
            return true;
        }
    }

    private List<String> worlds() throws IOException {
        Path worlds = directory.resolve("worlds");
        if (!Files.exists(worlds)) {
            return List.of();
        }
        try (var all = Files.list(worlds)) {
            return all.map(each -> each.getFileName().toString()).toList();
        }
    }

    @Test
    void theOthersGoOnAndTakeItInWhenItIsThere() throws Exception {
        Path numbers = directory.resolve("numbers");
        Files.write(
                numbers, IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList());
        String here = directory.toString();
        CheckpointStore checkpoints =
                CheckpointFiles.in(directory.resolve("checkpoints").toString());
        Job job = new ProcessLauncher()
                .launch(Pipeline.named("regained")
                        .readFrom(Text.lines(numbers.toString(), Integer::parseInt))
                        .stage("read", replicas(1))
                        .batch(5)
                        .distribute(even())
                        .stage("train", replicas(1, 2))
                        .train(context -> Count.train(context, here))
                        .writeTo(Artifacts.to(directory.resolve("model").toString()))
                        .withRestarts(5)
                        .withCheckpoints(Checkpoints.everySteps(10, checkpoints).audited()));
        WorkerControl control = WorkerControl.of(job);
        try {
            await().atMost(SOON).until(() -> !checkpoints.list().isEmpty());
            WorkerControl.Worker first = control.worker("train", 1).orElseThrow();
            control.kill(first);
            // Before it has joined.
            WorkerControl.Worker second = await().atMost(SOON)
                    .pollInterval(Duration.ofMillis(10))
                    .until(
                            () -> control.worker("train", 1),
                            worker -> worker.isPresent() && worker.get().pid() != first.pid())
                    .orElseThrow();
            control.pause(second);
            await().atMost(SOON).until(() -> worlds().stream().anyMatch(world -> world.endsWith("1 ranks")));
            assertThat(worlds()).contains("0 steps, 2 ranks").hasSize(2);

            control.resume(second);
            await().atMost(SOON).until(() -> worlds().size() == 3);
            Files.createFile(directory.resolve("go"));
            job.await(SOON);
        } finally {
            job.cancel();
        }

        assertThat(worlds()).filteredOn(world -> world.endsWith("2 ranks")).hasSize(2);
        assertThat(directory.resolve("model").resolve("count")).hasContent(Integer.toString(NUMBERS));
        List<Long> given = new ArrayList<>();
        TrainAudit.read(checkpoints, step -> step.records().forEach(place -> given.add(place.number())));
        assertThat(given)
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, NUMBERS).boxed().toList());
    }
}
