package io.ghee.transfer.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks that are processes: one of them dies, or stands still. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class RingProcessTest {
    private static final int SIZE = 4;
    private static final Duration SOON = Duration.ofSeconds(60);

    /** A process, and what it has said last. */
    private static final class Worker {
        private final Process process;
        private final BufferedReader out;
        private final PrintStream in;
        private final String endpoint;
        private volatile String last = "";

        Worker() throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            RingWorker.class.getName(),
                            "4711")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            out = process.inputReader(StandardCharsets.UTF_8);
            in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            endpoint = out.readLine();
        }

        void listen() {
            Thread thread = new Thread(() -> {
                try {
                    for (String line = out.readLine(); line != null; line = out.readLine()) {
                        last = line;
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        boolean hasReduced() {
            return last.matches("[0-9]+");
        }

        void signal(String name) throws IOException, InterruptedException {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        }
    }

    private final List<Worker> workers = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        for (int rank = 0; rank < SIZE; rank++) {
            workers.add(new Worker());
        }
        String endpoints =
                String.join(",", workers.stream().map(worker -> worker.endpoint).toList());
        for (int rank = 0; rank < SIZE; rank++) {
            workers.get(rank).in.println(rank);
            workers.get(rank).in.println(endpoints);
            workers.get(rank).listen();
        }
        await().atMost(SOON).until(() -> workers.stream().allMatch(Worker::hasReduced));
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Worker worker : workers) {
            worker.process.destroyForcibly().waitFor();
        }
    }

    private void allButNameIt(int rank, String how) {
        List<Worker> others = IntStream.range(0, SIZE)
                .filter(other -> other != rank)
                .mapToObj(workers::get)
                .toList();
        await().atMost(SOON).until(() -> others.stream().noneMatch(Worker::hasReduced));
        assertThat(others)
                .allSatisfy(worker -> assertThat(worker.last)
                        .contains("InfrastructureException")
                        .contains("allReduce MEAN of 262144 floats by rank ")
                        .contains("rank " + rank + " (" + workers.get(rank).endpoint + ") is lost: ")
                        .contains(how));
    }

    @Test
    void aRankThatIsKilledIsNamedByAllOthers() {
        workers.get(2).process.destroyForcibly();
        allButNameIt(2, "");
    }

    @Test
    void aRankThatStandsStillIsNamedByAllOthers() throws Exception {
        workers.get(1).signal("STOP");
        allButNameIt(1, "has not heard of it for 20 s");
        workers.get(1).signal("CONT");
        await().atMost(SOON).until(() -> !workers.get(1).hasReduced());
        assertThat(workers.get(1).last).contains("rank 1 (" + workers.get(1).endpoint + ") is lost: ");
    }

    /** Longer than one that stands still would be waited for. */
    @Test
    void aRankThatIsBusyIsWaitedFor() {
        Worker busy = workers.get(3);
        busy.in.println("be busy");
        await().atMost(SOON).until(() -> busy.last.equals("busy"));
        String before = workers.get(0).last;
        await().pollDelay(Duration.ofSeconds(25))
                .atMost(SOON)
                .until(() -> workers.stream().allMatch(worker -> worker == busy || worker.hasReduced()));
        busy.in.println("go on");
        await().atMost(SOON)
                .until(() -> busy.hasReduced() && Integer.parseInt(workers.get(0).last) > Integer.parseInt(before) + 3);
    }
}
