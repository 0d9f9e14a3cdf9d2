package io.ghee.examples.cli;

import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.examples.movielens.FmSweepJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link FmSweepJob} on a small file. */
class FmSweepTest {
    private static final int RATINGS = 20_000;
    private static final Pattern ENDED = Pattern.compile("(?m)^\\d +ended ");

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    private static Path ratings;

    @BeforeAll
    static void writeRatings() throws IOException {
        ratings = SmallRatings.write(data.resolve("ratings.tsv"), RATINGS);
    }

    private JsonNode run(int ranks) throws IOException {
        Path report = temp.resolve("report-" + ranks + ".json");
        Path output = temp.resolve("out-" + ranks);
        Cli run = ghee(
                "run",
                "fm-sweep",
                "--launcher",
                "local",
                "--input",
                ratings.toString(),
                "--epochs",
                "2",
                "--batch-size",
                Integer.toString(512 / ranks),
                "--replicas",
                "preprocess=1,train=" + ranks,
                "--report",
                report.toString(),
                "--output",
                output.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(ENDED.matcher(run.out()).results()).hasSize(8);
        assertThat(IntStream.rangeClosed(1, 8)).allMatch(trial -> Files.isDirectory(output.resolve("rank-" + trial)));
        assertThat(output.resolve("rank-9")).doesNotExist();
        assertThat(output.resolve("loss.png")).isNotEmptyFile();
        return new ObjectMapper().readTree(report.toFile());
    }

    @Test
    void trialsOfTwoRanksLearnWhatThoseOfOneDoAtTheSameJoinedBatch() throws IOException {
        JsonNode alone = run(1);
        JsonNode pairs = run(2);

        assertThat(alone.get("bestRmse").asDouble()).isBetween(0.01, 0.75);
        assertThat(pairs.get("bestRmse").asDouble())
                .isCloseTo(alone.get("bestRmse").asDouble(), within(0.005));
        assertThat(pairs.get("stages").get(1).get("replicas").asInt()).isEqualTo(16);
        assertThat(pairs.get("stages").get(0).get("recordsIn"))
                .isEqualTo(alone.get("stages").get(0).get("recordsIn"));
    }
}
