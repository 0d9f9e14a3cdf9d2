package io.ghee.process;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.broadcast;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.BadRecordException;
import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import io.ghee.testing.Learner;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline writes the same records in processes as in one JVM. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SameAsLocalTest {
    record Word(int number, String text, float[] weights) {}

    /** What one launcher made of a pipeline. */
    private record Ran(Written<Object> written, JobProgress progress) {}

    private @TempDir Path directory;

    /** Runs in processes and in this JVM, and compares what was written; returns what the processes did. */
    private Ran same(Function<Written<Object>, Pipeline> declare) throws Exception {
        return same(new ProcessLauncher(), declare);
    }

    private Ran same(ProcessLauncher launcher, Function<Written<Object>, Pipeline> declare) throws Exception {
        Written<Object> here = Written.to(Files.createDirectory(directory.resolve("local")));
        Written<Object> there = Written.to(Files.createDirectory(directory.resolve("processes")));
        Job local = Ghee.local().launch(declare.apply(here));
        JobProgress progress = ProcessJobs.run(launcher, declare.apply(there));
        JobProgress localProgress = local.await(ProcessJobs.DEADLINE);

        assertThat(there.sorted()).isNotEmpty().isEqualTo(here.sorted());
        assertThat(there.calls()).hasSize(2).last().asString().startsWith("commit [0: ");
        assertThat(progress.tallies()).isEqualTo(localProgress.tallies());
        assertThat(progress.skipped()).isEqualTo(localProgress.skipped());
        return new Ran(there, progress);
    }

    @Test
    void recordsThroughThreeStages() throws Exception {
        Ran ran = same(sink -> Pipeline.named("three")
                .readFrom(new Numbers(5000, 5))
                .stage("read", replicas(2))
                .filter(number -> number % 3 != 0)
                .map(number -> new Word(number, "n" + number, new float[] {number, -number}))
                .distribute(byKey(Word::text))
                .stage("use", replicas(2))
                .flatMap(word -> List.of(Map.entry(
                        word.text(), UUID.nameUUIDFromBytes(word.text().getBytes()))))
                .batch(64)
                .distribute(balanced())
                .stage("write", replicas(1))
                .writeTo(sink));

        assertThat(ran.progress().stages())
                .extracting(stage -> stage.recordsIn())
                .containsExactly(5000L, 3333L, 3333L);
        assertThat(ran.progress().stages().get(0).bytesOut()).isPositive();
    }

    @Test
    void framesThatAreSealed() throws Exception {
        same(
                new ProcessLauncher().sealed(),
                sink -> Pipeline.named("sealed")
                        .readFrom(new Numbers(3000, 3).epochs(2))
                        .stage("read", replicas(2))
                        .map(number -> new Word(number, "n" + number, new float[] {number}))
                        .batch(32)
                        .distribute(even())
                        .stage("write", replicas(2))
                        .map(batch -> batch.records().stream().map(Word::text).toList())
                        .unbatch()
                        .writeTo(sink));
    }

    @Test
    void keysMeetInOneReplicaOfTheNextStage() throws Exception {
        Ran ran = same(sink -> Pipeline.named("keys")
                .readFrom(new Numbers(2000, 4))
                .stage("read", replicas(2))
                .distribute(byKey(number -> number % 17))
                .stage("write", replicas(2))
                .writeTo(sink));

        List<Set<Integer>> keys = ran.written().byReplica().stream()
                .map(lines ->
                        lines.stream().map(line -> Integer.parseInt(line) % 17).toList())
                .<Set<Integer>>map(HashSet::new)
                .toList();
        assertThat(keys.get(0)).isNotEmpty().doesNotContainAnyElementsOf(keys.get(1));
        assertThat(keys.get(0).size() + keys.get(1).size()).isEqualTo(17);
    }

    @Test
    void broadcastAndMalformedRecords() throws Exception {
        Ran ran = same(sink -> Pipeline.named("all")
                .readFrom(new Numbers(1000, 2))
                .stage("read", replicas(1))
                .map(number -> {
                    if (number % 400 == 7) {
                        throw new BadRecordException("number: " + number);
                    }
                    return number;
                })
                .distribute(broadcast())
                .stage("write", replicas(2))
                .writeTo(sink)
                .withMaxBadRecords(3));

        assertThat(ran.written().byReplica())
                .hasSize(2)
                .allSatisfy(lines -> assertThat(lines).hasSize(997));
        assertThat(ran.progress().skippedWhere()).hasSize(3).first().asString().contains("number: 7");
    }

    @Test
    void trainingSeesEveryEpochShuffledAndEven() throws Exception {
        Ran ran = same(sink -> Pipeline.named("train")
                .readFrom(new Numbers(1200, 4).epochs(3))
                .stage("read", replicas(2))
                .shuffle(100, 42)
                .batch(50)
                .tally("rows", batch -> batch.size())
                .distribute(even())
                .stage("train", replicas(1))
                .train(Learner::train)
                .writeTo(sink));

        long sum = IntStream.range(0, 1200).sum();
        assertThat(ran.written().byReplica().get(0))
                .containsExactly("rank 0 of 1"
                        + "; epoch 1: 24 batches, 1200 numbers, sum " + sum
                        + "; epoch 2: 24 batches, 1200 numbers, sum " + sum
                        + "; epoch 3: 24 batches, 1200 numbers, sum " + sum);
        assertThat(ran.progress().metric("sum")).hasSize(3);
        assertThat(ran.progress().tally("rows", 3)).isEqualTo(1200);
        assertThat(ran.progress().training().records()).isEqualTo(3600);
    }
}
