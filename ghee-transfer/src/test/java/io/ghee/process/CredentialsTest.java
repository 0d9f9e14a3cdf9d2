package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.testing.Footprints;
import io.ghee.testing.Numbers;
import io.ghee.testing.Passes;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the driver's providers of credentials issue is in the workers' JVMs. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CredentialsTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @AfterEach
    void reset() {
        Passes.reset();
    }

    private static String pass(int number, Footprints begun) {
        if (number > 0) {
            await().atMost(SOON).until(() -> !"first".equals(Passes.taken()));
        }
        String taken = Passes.taken();
        if (number == 0) {
            begun.leave(0);
        }
        return number + " " + taken;
    }

    @Test
    void areThereBeforeTheTaskAndReplacedWhileItIsAtWork() throws Exception {
        Footprints begun = Footprints.in(directory.resolve("begun"));
        Written<String> written = Written.to(directory);
        Passes.set("first");
        Job job = Ghee.processes()
                .launch(Pipeline.named("passes")
                        .readFrom(new Numbers(2, 1))
                        .stage("take", replicas(1))
                        .map(number -> pass(number, begun))
                        .writeTo(written));
        await().atMost(SOON).until(() -> begun.all() == 1);
        Passes.set("second");

        ProcessJobs.end(job);

        assertThat(written.sorted()).containsExactly("0 first", "1 second");
        assertThat(Passes.open()).isZero();
    }
}
