package io.ghee.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that look after jobs on a cluster, and what they say where there is none. */
class OperationsTest {
    private static void assumeNoCluster() {
        assumeThat(System.getenv("KUBECONFIG")).isNull();
        assumeThat(System.getenv("KUBERNETES_SERVICE_HOST")).isNull();
        assumeThat(Files.exists(Path.of(System.getProperty("user.home"), ".kube", "config")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"list-jobs", "status a-job", "logs a-job", "stop a-job"})
    void withoutAClusterTheySayWhatIsMissing(String command) {
        assumeNoCluster();
        Cli ran = Cli.ghee(command.split(" "));
        assertThat(ran.exitCode()).isEqualTo(3);
        assertThat(ran.err()).startsWith("ghee: no cluster is configured (expected: KUBECONFIG, ");
    }

    @Test
    void theDoctorLooksAtTheMachineWhereThereIsNoCluster() {
        assumeNoCluster();
        Cli ran = Cli.ghee("doctor");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).contains("ok     java", "ok     machine", "no cluster is configured");
        Cli asked = Cli.ghee("doctor", "--namespace", "ml");
        assertThat(asked.exitCode()).isEqualTo(3);
        assertThat(asked.out()).contains("failed kubernetes");
    }

    @Test
    void aDryRunShowsThePlanAndRunsNothing(@TempDir Path directory) throws Exception {
        Path ratings = directory.resolve("ratings.tsv");
        Files.writeString(ratings, "1\t2\t3\t4\n");
        Path output = directory.resolve("out");
        Cli ran = Cli.ghee(
                "run",
                "movielens-fm",
                "--dry-run",
                "--input",
                ratings.toString(),
                "--output",
                output.toString(),
                "--cpus",
                "train=2",
                "--memory",
                "train=1Gi");
        assertThat(ran.exitCode()).describedAs(ran.err()).isZero();
        assertThat(ran.out()).contains("2 cpus", "1 GiB");
        assertThat(output).doesNotExist();

        Cli missing = Cli.ghee(
                "run",
                "movielens-fm",
                "--dry-run",
                "--input",
                directory.resolve("none").toString());
        assertThat(missing.exitCode()).isEqualTo(3);
        Cli stage = Cli.ghee("run", "movielens-fm", "--dry-run", "--input", ratings.toString(), "--cpus", "eat=2");
        assertThat(stage.exitCode()).isEqualTo(3);
        assertThat(stage.err()).contains("--cpus eat=2");
    }

    @Test
    void optionsOfKubernetesAreForKubernetes() {
        Cli ran = Cli.ghee("run", "movielens-fm", "--deploy-mode", "cluster");
        assertThat(ran.exitCode()).isEqualTo(3);
        assertThat(ran.err()).contains("(expected: --launcher kubernetes)");
    }
}
