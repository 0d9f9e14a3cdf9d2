package io.ghee.examples.cli;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real signals, to this JVM. */
@Timeout(120)
class InterruptsTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final AtomicInteger SEEN = new AtomicInteger();
    private static final AtomicBoolean HELD = new AtomicBoolean();

    @TempDir
    private Path temp;

    private final StringWriter err = new StringWriter();

    @BeforeEach
    void begin() {
        SEEN.set(0);
        HELD.set(false);
    }

    private static String pass(String line) {
        SEEN.incrementAndGet();
        do {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
        } while (HELD.get() && !Thread.currentThread().isInterrupted());
        return line;
    }

    private Job launch() throws Exception {
        Path input = temp.resolve("lines");
        if (!Files.exists(input)) {
            Files.write(
                    input, IntStream.range(0, 50_000).mapToObj(n -> "line " + n).toList());
        }
        return Ghee.local()
                .launch(Pipeline.named("interrupted")
                        .readFrom(Text.lines(input.toString()))
                        .stage("copy", replicas(1))
                        .map(InterruptsTest::pass)
                        .writeTo(Text.to(temp.resolve("out").toString()))
                        .commitEvery(Duration.ofMillis(200)));
    }

    private static void pressCtrlC() throws Exception {
        Class<?> signals = Class.forName("sun.misc.Signal");
        signals.getMethod("raise", signals)
                .invoke(null, signals.getConstructor(String.class).newInstance("INT"));
    }

    private List<String> written() throws Exception {
        List<String> all = new java.util.ArrayList<>();
        try (var files = Files.newDirectoryStream(temp.resolve("out"), "part-*")) {
            for (Path file : files) {
                all.addAll(Files.readAllLines(file));
            }
        }
        Collections.sort(all);
        return all;
    }

    @Test
    void firstCtrlCStopsTheJobAndItGoesOnWhenItIsStartedAgain() throws Exception {
        Job job = launch();
        try (Interrupts interrupts = Interrupts.of(job, new PrintWriter(err))) {
            await().atMost(SOON).until(() -> SEEN.get() > 1000);
            pressCtrlC();
            job.await(SOON);
        }
        assertThat(err.toString()).contains("stopping; what has been read is being written");
        assertThat(written()).hasSize(SEEN.get()).hasSizeLessThan(50_000);

        launch().await(SOON);

        assertThat(written())
                .isEqualTo(IntStream.range(0, 50_000)
                        .mapToObj(n -> "line " + n)
                        .sorted()
                        .toList());
        assertThat(temp.resolve("out/_SUCCESS")).exists();
    }

    @Test
    void secondCtrlCCancelsIt() throws Exception {
        Job job = launch();
        try (Interrupts interrupts = Interrupts.of(job, new PrintWriter(err))) {
            await().atMost(SOON).until(() -> SEEN.get() > 10);
            HELD.set(true);
            pressCtrlC();
            await().atMost(SOON).until(() -> err.toString().contains("stopping"));
            pressCtrlC();
            assertThatThrownBy(() -> job.await(SOON))
                    .isInstanceOfSatisfying(
                            GheeException.class,
                            e -> assertThat(e.kind().exitCode()).isEqualTo(130))
                    .hasMessageContaining("was cancelled");
        }
    }
}
