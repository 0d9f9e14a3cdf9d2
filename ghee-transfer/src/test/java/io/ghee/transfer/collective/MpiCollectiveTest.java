package io.ghee.transfer.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ghee.ConfigurationException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks under a real {@code mpirun}. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MpiCollectiveTest {
    private static boolean isInstalled() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "mpirun")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyOperationIsOpenMpis(int size, @TempDir Path directory) throws Exception {
        assumeTrue(isInstalled(), "mpirun is not there: Debian's packages openmpi-bin and libopenmpi3");
        Path out = directory.resolve("out");
        Process mpirun = new ProcessBuilder(
                        "mpirun",
                        "--allow-run-as-root",
                        "--oversubscribe",
                        "--mca",
                        "btl",
                        "tcp,self",
                        "-np",
                        Integer.toString(size),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MpiRank.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            // Rank 0 waits for this, and the others for rank 0.
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !mpirun.isAlive() || read(out).split("a rank waits", -1).length == size);
            mpirun.getOutputStream().write('\n');
            mpirun.getOutputStream().flush();
            assertThat(mpirun.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            mpirun.descendants().forEach(ProcessHandle::destroyForcibly);
            mpirun.destroyForcibly();
        }
        assertThat(mpirun.exitValue()).as(() -> read(out)).isZero();
        for (int rank = 0; rank < size; rank++) {
            assertThat(read(out)).contains("rank " + rank + " of " + size + " is right");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void aJvmThatMpirunDidNotStartIsTold() {
        assertThatThrownBy(() -> MpiCollective.open(() -> {}))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("this JVM was not started by mpirun (expected: mpirun -np RANKS java ...");
    }
}
