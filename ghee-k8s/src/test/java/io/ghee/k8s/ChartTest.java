package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What a namespace is given for jobs, as Helm sees it. */
class ChartTest {
    private static final Path CHART = Path.of("src/main/helm/ghee");

    private static Helm helm() {
        return new Helm(CHART);
    }

    @Test
    void helmFindsNothingWrong() {
        LintResult result = helm().lint().strict().call();
        assertThat(result.isFailed()).describedAs("%s", result.getMessages()).isFalse();
    }

    @Test
    void itGrantsWhatTheGoldenFileSays() throws IOException {
        String yaml = helm().template()
                .withName("ghee")
                .withNamespace("ml")
                .set("users[0].kind", "ServiceAccount")
                .set("users[0].name", "ann")
                .set("users[0].namespace", "ml")
                .call();
        assertThat(yaml).isEqualTo(Files.readString(Path.of("src/test/resources/io/ghee/k8s/chart.yaml")));
    }
}
