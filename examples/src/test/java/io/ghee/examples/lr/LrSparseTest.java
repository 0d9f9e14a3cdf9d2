package io.ghee.examples.lr;

import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.BadRecordException;
import io.ghee.examples.cli.Cli;
import io.ghee.models.HashedExample;
import io.ghee.models.SparseLogisticRegression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged job, on a small file. */
class LrSparseTest {
    private static final int IMPRESSIONS = 60_000;
    private static final long FEATURES = 1_000_000;

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    private static Path input;

    @BeforeAll
    static void writeImpressions() {
        input = data.resolve("impressions.tsv");
        new GeneratedImpressions(1).write(input, IMPRESSIONS);
    }

    private JsonNode run(String name, String... more) throws IOException {
        Path report = temp.resolve(name + ".json");
        List<String> args = new ArrayList<>(List.of(
                "run",
                "lr-sparse",
                "--input",
                input.toString(),
                "--features",
                Long.toString(FEATURES),
                "--epochs",
                "2",
                "--report",
                report.toString(),
                "--output",
                temp.resolve(name).toString()));
        args.addAll(List.of(more));
        Cli run = ghee(args.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return new ObjectMapper().readTree(report.toFile());
    }

    @Test
    void ranksInProcessesLearnTogetherAndTheirModelIsReadAgain() throws IOException {
        JsonNode report = run("processes", "--launcher", "processes", "--batch-size", "256");
        assertThat(report.get("status").asText()).isEqualTo("succeeded");
        assertThat(report.get("stages").get(1).get("replicas").asInt()).isEqualTo(2);
        assertThat(report.get("auc").asDouble()).isBetween(0.66, 0.95);

        SparseLogisticRegression.Weights weights = SparseLogisticRegression.load(temp.resolve("processes"));
        assertThat(weights.count()).isBetween(10_000L, FEATURES);
        double loss = 0;
        int tests = 0;
        for (String line : Files.readAllLines(input)) {
            Impression impression = Impression.parse(line);
            if (impression.isTest()) {
                HashedExample example = impression.hashed(GeneratedImpressions.FIELDS, FEATURES);
                double p = weights.predict(example.features());
                loss -= Math.log(example.label() == 1 ? p : 1 - p);
                tests++;
            }
        }
        assertThat(report.get("logLoss").asDouble())
                .as("what the job said of held-out records")
                .isCloseTo(loss / tests, within(1e-4));
    }

    @Test
    void learnsTheSameOnAnyNumberOfRanksAtTheSameJoinedBatch() throws IOException {
        double alone = run("alone", "--launcher", "local", "--batch-size", "512", "--replicas", "preprocess=2,train=1")
                .get("logLoss")
                .asDouble();
        for (int ranks : new int[] {2, 4}) {
            JsonNode report = run(
                    "on-" + ranks,
                    "--launcher",
                    "local",
                    "--batch-size",
                    Integer.toString(512 / ranks),
                    "--replicas",
                    "preprocess=2,train=" + ranks);
            assertThat(report.get("logLoss").asDouble()).isCloseTo(alone, within(0.003));
        }
    }

    @Test
    void aLineThatIsNoneIsNamed() {
        assertThatThrownBy(() -> Impression.parse("2\ta")).isInstanceOf(BadRecordException.class);
        assertThatThrownBy(() -> Impression.parse("1\ta\tb").hashed(3, 10))
                .hasMessage("fields in \"1\ta\tb\": 2 (expected: 3)");
        assertThatThrownBy(() -> Impression.parse("1\ta\tb").hashed(1, 10))
                .hasMessage("fields in \"1\ta\tb\": more than 1 (expected: 1)");
        HashedExample example = Impression.parse("1\t\ta\ta").hashed(3, 1L << 33);
        assertThat(example.label()).isEqualTo(1);
        assertThat(Arrays.stream(example.features()).distinct()).hasSize(3);
    }

    @Test
    void generatesTheSameFileAgain() throws IOException {
        Path again = temp.resolve("again.tsv");
        new GeneratedImpressions(1).write(again, IMPRESSIONS);
        assertThat(Files.mismatch(input, again)).isEqualTo(-1);
    }
}
