package io.ghee.io.file;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file system that is full in the middle of a job: one of a mebibyte, which only root can make. */
@Timeout(120)
class FullDiskTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<String> LINES = IntStream.range(0, 40_000)
            .mapToObj(n -> "line " + n + " " + "x".repeat(50))
            .toList();

    @TempDir
    private Path temp;

    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(temp.resolve("disk"));
        assumeTrue(
                command("mount", "-t", "tmpfs", "-o", "size=1m", "ghee-test", disk.toString()) == 0,
                "only root may mount a file system");
        Files.write(temp.resolve("lines.txt"), LINES);
    }

    @AfterEach
    void unmount() throws Exception {
        if (command("mountpoint", "-q", disk.toString()) == 0) {
            await("unmounted").atMost(SOON).until(() -> command("umount", disk.toString()) == 0);
        }
    }

    private static int command(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS))
                .as(String.join(" ", command))
                .isTrue();
        return process.exitValue();
    }

    private Pipeline pipeline() {
        return Pipeline.named("full")
                .readFrom(Text.lines(temp.resolve("lines.txt").toString()))
                .stage("read", replicas(1))
                .batch(100)
                .stage("write", replicas(2))
                .unbatch()
                .writeTo(Text.to(disk.resolve("out").toString()).targetSize(DataSize.parse("128Ki")))
                .withRestarts(1);
    }

    private static void assertFull(Job job) {
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOfSatisfying(
                        GheeException.class, e -> assertThat(e.kind()).isEqualTo(GheeException.Kind.INFRASTRUCTURE))
                .hasMessageContaining("/disk/")
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("No space left on device (expected: room on its disk; see `df -h`, `df -i`)");
    }

    @Test
    void jobThatCommitsOnceLeavesNothing() throws Exception {
        Job job = Ghee.local().launch(pipeline());

        assertFull(job);

        assertThat(job.progress().restarts())
                .as("of two writers")
                .hasSizeBetween(1, 2)
                .allSatisfy(restart -> assertThat(restart).contains("part-"));
        assertThat(disk).isEmptyDirectory();
    }

    @Test
    void jobThatCommitsOnTheWayLeavesWhatIsCommittedAndGoesOnWhenThereIsRoom() throws Exception {
        Pipeline pipeline = pipeline().commitEvery(Duration.ofMillis(100));
        Job job = Ghee.local().launch(pipeline);

        assertFull(job);

        Path out = disk.resolve("out");
        List<String> before = lines(out);
        assertThat(before).isNotEmpty().doesNotHaveDuplicates();
        assertThat(new HashSet<>(LINES)).as("whole lines").containsAll(before);
        assertThat(out.resolve("_SUCCESS")).doesNotExist();

        assertThat(command("mount", "-o", "remount,size=16m", disk.toString())).isZero();
        Ghee.local().launch(pipeline).await(SOON);

        assertThat(lines(out)).containsAll(before).hasSize(LINES.size());
        assertThat(Set.copyOf(lines(out))).isEqualTo(Set.copyOf(LINES));
        try (Stream<Path> files = Files.list(out)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("_SUCCESS")
                    .allMatch(name -> name.equals("_SUCCESS") || name.startsWith("part-"));
        }
    }

    private static List<String> lines(Path out) throws Exception {
        return Reading.all(Text.lines(out.toString()));
    }
}
