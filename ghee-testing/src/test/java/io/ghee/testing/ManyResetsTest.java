package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.JobProgress;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One run whose connections are reset again and again; how often, {@code -Dghee.resets} says. */
class ManyResetsTest {
    private static final int RESETS = Integer.getInteger("ghee.resets", 60);
    private static final long SEED = Long.getLong("ghee.faults.seed", 1);
    private static final int NUMBERS = 20_000;
    private static final Duration DEADLINE = Duration.ofMinutes(2).plusMillis(200L * RESETS);

    @TempDir
    Path directory;

    /** Lets records pass in step with the resets, so that there is something on the way at each of them. */
    record Pace(String count, int resets, int numbers) implements Serializable {
        String pass(String line) throws IOException {
            long number = Long.parseLong(line);
            if (number % 50 == 0) {
                long deadline = System.nanoTime() + DEADLINE.toNanos();
                while (done() * numbers / resets < number) {
                    if (System.nanoTime() > deadline) {
                        throw new InfrastructureException(
                                "number " + number + " waited for " + resets + " resets, " + done() + " came");
                    }
                    LockSupport.parkNanos(1_000_000);
                }
            }
            return line;
        }

        private long done() throws IOException {
            return Long.parseLong(Files.readString(Path.of(count)));
        }
    }

    private void tell(Path count, int resets) throws IOException {
        Path next = Files.writeString(directory.resolve("next"), Integer.toString(resets));
        Files.move(next, count, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void everyRecordArrivesOnceWhateverIsReset() throws Exception {
        List<String> numbers =
                IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList();
        Path input = Files.write(directory.resolve("numbers"), numbers);
        Path count = directory.resolve("count");
        tell(count, 0);
        Pace pace = new Pace(count.toString(), RESETS, NUMBERS);
        Random random = new Random(SEED);
        try (TcpProxy proxy = TcpProxy.open()) {
            Job job = new ProcessLauncher()
                    .route(proxy)
                    .launch(Pipeline.named("resets")
                            .readFrom(Text.lines(input.toString()))
                            .stage("read", replicas(2))
                            .map(pace::pass)
                            .batch(16)
                            .distribute(balanced())
                            .stage("write", replicas(2))
                            .writeTo(Text.to(directory.resolve("out").toString())));
            try {
                int resets = 0;
                long deadline = System.nanoTime() + DEADLINE.toNanos();
                while (resets < RESETS && System.nanoTime() < deadline) {
                    // One connection after the other, as soon as it is there.
                    if (proxy.resetOne(random)) {
                        tell(count, ++resets);
                    } else {
                        LockSupport.parkNanos(1_000_000);
                    }
                }
                assertThat(resets).isEqualTo(RESETS);
                JobProgress progress = job.await(DEADLINE);
                assertThat(progress.restarts()).isEmpty();
            } finally {
                job.cancel();
            }
        }
        OutputComparison.of(numbers, OutputComparison.lines(directory.resolve("out")))
                .check();
    }
}
