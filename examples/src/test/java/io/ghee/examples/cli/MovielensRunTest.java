package io.ghee.examples.cli;

import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.models.FactorizationMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged job, on a small file with something to learn in it. */
class MovielensRunTest {
    private static final int RATINGS = 30_000;

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    private static Path ratings;

    @BeforeAll
    static void writeRatings() throws IOException {
        ratings = SmallRatings.write(data.resolve("ratings.tsv"), RATINGS);
    }

    private JsonNode run(String launcher, String... more) throws IOException {
        Path report = temp.resolve("report-" + launcher + ".json");
        List<String> args = new ArrayList<>(List.of(
                "run",
                "movielens-fm",
                "--input",
                ratings.toString(),
                "--launcher",
                launcher,
                "--epochs",
                "2",
                "--batch-size",
                "512",
                "--preprocess-rounds",
                "1",
                "--report",
                report.toString(),
                "--output",
                temp.resolve("out-" + launcher).toString()));
        args.addAll(List.of(more));
        Cli run = ghee(args.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return new ObjectMapper().readTree(report.toFile());
    }

    @Test
    void bothLaunchersDeliverTheSameAndLearn() throws IOException {
        JsonNode local = run("local");
        JsonNode processes = run("processes");
        for (JsonNode report : List.of(local, processes)) {
            assertThat(report.get("status").asText()).isEqualTo("succeeded");
            assertThat(report.get("rmse").asDouble()).isBetween(0.01, 0.75);
            assertThat(report.get("stages")).hasSize(2);
            assertThat(report.get("stages").get(0).get("recordsIn").asLong()).isEqualTo(3L * RATINGS);
        }
        assertThat(processes.get("records")).isEqualTo(local.get("records"));
        assertThat(processes.get("rowSum")).isEqualTo(local.get("rowSum"));
        assertThat(local.get("records").asLong())
                .isBetween(2L * 26_000, 2L * 28_000)
                .isEven();
    }

    /** A batch is one of a rank: so the joined batches are the same, and one reader keeps their order. */
    @Test
    void anyNumberOfTrainersLearnsTheSameAtTheSameJoinedBatch() throws IOException {
        JsonNode alone = run("processes", "--replicas", "preprocess=1,train=1", "--batch-size", "512");
        for (int ranks : new int[] {2, 4}) {
            Path output = temp.resolve("out-" + ranks);
            JsonNode report = run(
                    "processes",
                    "--replicas",
                    "preprocess=1,train=" + ranks,
                    "--batch-size",
                    String.valueOf(512 / ranks),
                    "--output",
                    output.toString());
            assertThat(report.get("rmse").asDouble())
                    .as("RMSE on %s ranks", ranks)
                    .isCloseTo(alone.get("rmse").asDouble(), within(0.005));
            assertThat(report.get("rowSum")).isEqualTo(alone.get("rowSum"));
            try (FactorizationMachine machine = FactorizationMachine.load(output, Device.cpu())) {
                assertThat(machine.config().features()).isEqualTo(45_056);
            }
        }
    }

    @Test
    void writesAModelThatLoadsAndALossCurve() throws IOException {
        run("local");
        Path output = temp.resolve("out-local");
        assertThat(output).isDirectoryContaining("glob:**/_SUCCESS").isDirectoryContaining("glob:**/loss.png");
        try (FactorizationMachine machine = FactorizationMachine.load(output, Device.cpu())) {
            assertThat(machine.config().features()).isEqualTo(45_056);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "processes"})
    void drainDeliversEvenlyWithoutTraining(String launcher) throws IOException {
        JsonNode report = run(launcher, "--drain", "--replicas", "preprocess=2,train=3");
        assertThat(report.get("rmse").isNull()).isTrue();
        assertThat(report.get("records").asLong()).isPositive().isEven();
        assertThat(report.get("stages").get(1).get("replicas").asInt()).isEqualTo(3);
    }

    @Test
    void listAndExplainRunNothing() {
        assertThat(ghee("list").out()).contains("movielens-fm");
        Cli explain = ghee("explain", "movielens-fm", "--replicas", "preprocess=5", "--format", "json");
        assertThat(explain.exitCode()).isZero();
        assertThat(explain.out()).contains("\"replicas\" : 5", "\"distribution\" : \"even\"");
        assertThat(ghee("explain", "movielens-fm", "--format", "dot").out()).startsWith("digraph");
    }
}
