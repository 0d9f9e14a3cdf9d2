package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import io.ghee.process.ProcessLauncher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A driver that is killed, and started again, goes on from what was committed. */
class KilledDriverTest {
    private static final Duration SOON = Duration.ofSeconds(120);
    private static final int ROWS = 40_000;
    private static final int KILLS = Integer.getInteger("ghee.kills", 3);

    @TempDir
    Path temp;

    /** A driver: its arguments are the input, the output, and a file that is there when it may be quick. */
    static final class Driver {
        private Driver() {}

        public static void main(String[] args) throws Exception {
            new ProcessLauncher().launch(pipeline(args[0], args[1], args[2])).await(SOON);
        }
    }

    private static Pipeline pipeline(String input, String output, String quick) {
        return Pipeline.named("killed")
                .readFrom(Text.lines(input, Integer::parseInt).splitSize(new DataSize(16_384)))
                .stage("read", replicas(2).memory("256Mi"))
                .filter(n -> n % 3 != 0)
                .flatMap(n -> List.of(2 * n, 2 * n + 1))
                .shuffle(500, 1)
                .distribute(balanced())
                .stage("write", replicas(2).memory("256Mi"))
                .map(n -> paced(n, quick))
                .writeTo(Text.to(output))
                .commitEvery(Duration.ofMillis(100));
    }

    /** Takes some 5 s for all numbers, so that a driver that is to be killed has not ended, on any machine. */
    private static int paced(int n, String quick) throws InterruptedException {
        if (n % 32 == 0 && !Files.exists(Path.of(quick))) {
            TimeUnit.MILLISECONDS.sleep(6);
        }
        return n;
    }

    private Process drive(Path input, Path output) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        Driver.class.getName(),
                        input.toString(),
                        output.toString(),
                        temp.resolve("quick").toString())
                .inheritIO();
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder.start();
    }

    private static List<String> written(Path output) throws IOException {
        List<String> lines = new ArrayList<>();
        if (!Files.isDirectory(output)) {
            return lines;
        }
        List<Path> files;
        try (Stream<Path> content = Files.list(output)) {
            files = content.filter(file -> file.getFileName().toString().startsWith("part-"))
                    .toList();
        }
        for (Path file : files) {
            lines.addAll(Files.readAllLines(file));
        }
        lines.sort(null);
        return lines;
    }

    @Test
    @Timeout(600)
    void everyRecordIsThereOnce() throws Exception {
        long seed = Long.getLong("ghee.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Path input = temp.resolve("numbers");
        Files.write(input, IntStream.range(0, ROWS).mapToObj(String::valueOf).toList());
        Path output = temp.resolve("out");
        List<String> expected = IntStream.range(0, ROWS)
                .filter(n -> n % 3 != 0)
                .boxed()
                .flatMap(n -> Stream.of(2 * n, 2 * n + 1))
                .map(String::valueOf)
                .sorted()
                .toList();
        int killed = 0;
        for (int k = 0; k < KILLS; k++) {
            int before = written(output).size();
            int more = 1 + random.nextInt(expected.size() / (KILLS + 1));
            Process driver = drive(input, output);
            await("seed " + seed)
                    .atMost(SOON)
                    .until(() ->
                            !driver.isAlive() || written(output).size() >= Math.min(expected.size(), before + more));
            if (driver.isAlive()) {
                killed++;
            }
            driver.destroyForcibly().waitFor();
        }
        assertThat(killed).as("seed %s", seed).isPositive();
        Files.createFile(temp.resolve("quick"));
        if (!Files.exists(output.resolve("_SUCCESS"))) {
            Process last = drive(input, output);
            assertThat(last.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(last.exitValue()).as("seed %s", seed).isZero();
        }

        assertThat(written(output)).as("seed %s", seed).isEqualTo(expected);
        assertThat(output.resolve("_SUCCESS")).exists();
        assertThat(output.resolve("_ghee")).doesNotExist();
    }
}
