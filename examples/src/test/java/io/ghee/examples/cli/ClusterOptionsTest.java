package io.ghee.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterOptionsTest {
    @Test
    void aDriverInAPodIsNotCalledWithWhatIsThisProcesssOwn() {
        assertThat(ClusterOptions.forDriver(List.of(
                        "run",
                        "clicks",
                        "--deploy-mode",
                        "cluster",
                        "--launcher=kubernetes",
                        "--driver-restarts=2",
                        "--pod-template",
                        "pod.yaml",
                        "--driver-host=10.0.0.1",
                        "--namespace",
                        "ml")))
                .containsExactly("run", "clicks", "--launcher=kubernetes", "--namespace", "ml");
    }

    @Test
    void anOptionThatOnlyBeginsLikeOneOfThemIsKept() {
        List<String> arguments = List.of("run", "clicks", "--deploy-modes", "x", "--queue", "nightly");
        assertThat(ClusterOptions.forDriver(arguments)).isEqualTo(arguments);
    }
}
