package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ghee.DataSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DriverManifestsTest {
    private static Job job(int restarts, boolean tellsExits) {
        Settings settings = new Settings().with(all -> {
            all.image = "registry/ghee:1";
            all.driverMemory = new DataSize(2L << 30);
        });
        return new DriverManifests("clicks-1a2b3", "clicks", "ml", settings)
                .job(
                        DriverManifestsTest.class,
                        List.of("run", "clicks", "--launcher", "kubernetes"),
                        restarts,
                        tellsExits);
    }

    @Test
    void aDriverIsABatchJobThatStartsItAgain() throws IOException {
        try (var golden = DriverManifestsTest.class.getResourceAsStream("driver.yaml")) {
            assertThat(new KubernetesSerialization().asYaml(job(3, true)))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aClusterThatDoesNotTellExitsApartIsNotAskedTo() {
        Job job = job(0, false);
        assertThat(job.getSpec().getPodFailurePolicy()).isNull();
        assertThat(job.getSpec().getBackoffLimit()).isZero();
    }
}
