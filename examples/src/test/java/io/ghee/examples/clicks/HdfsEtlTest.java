package io.ghee.examples.clicks;

import static io.ghee.Resources.replicas;
import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.examples.cli.Cli;
import io.ghee.examples.servers.LocalHdfs;
import io.ghee.io.file.Parquet;
import io.ghee.models.Example;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged job, on HDFS that it starts itself and on one that is there. */
@Timeout(300)
class HdfsEtlTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path temp;

    @Test
    void withoutServersItStartsThemAndMakesEveryExample() throws Exception {
        Path report = temp.resolve("report.json");
        Cli run = ghee("run", "hdfs-etl", "--clicks", "60000", "--report", report.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("60,000 in hdfs://", "as of the generated clicks", "output      hdfs://");
        JsonNode result = new ObjectMapper().readTree(report.toFile());
        assertThat(result.get("examples").asInt()).isBetween(54_000, 60_000);
    }

    private static List<String> read(BoundedSource<Example> source) throws Exception {
        List<String> all = new ArrayList<>();
        for (Split split : source.splits(1)) {
            try (SplitReader<Example> reader = source.open(split)) {
                for (Example each = reader.next(); each != null; each = reader.next()) {
                    all.add(text(each));
                }
            }
        }
        return all;
    }

    private static String text(Example example) {
        return Arrays.toString(example.features()) + " " + example.label();
    }

    @Test
    void onServersThatAreThereItReadsAndWritesThem() throws Exception {
        GeneratedClicks clicks = new GeneratedClicks(60_000, 3);
        try (LocalHdfs hdfs = LocalHdfs.start()) {
            String input = hdfs.uri() + "/log";
            String output = hdfs.uri() + "/made/examples";
            Ghee.local()
                    .launch(Pipeline.named("fill")
                            .readFrom(clicks)
                            .stage("fill", replicas(1))
                            .writeTo(Parquet.to(input, LoggedClick.class)))
                    .await(SOON);
            String[] command = {
                "run",
                "hdfs-etl",
                "--input",
                input,
                "--output",
                output,
                "--launcher",
                "local",
                "--replicas",
                "features=3"
            };
            Cli run = ghee(command);
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            assertThat(read(Parquet.read(output, Example.class)))
                    .containsExactlyInAnyOrderElementsOf(clicks.stream()
                            .filter(click -> click.click().isHuman())
                            .map(click -> text(click.outcome().example()))
                            .toList());

            Cli again = ghee(command);
            assertThat(again.exitCode()).isEqualTo(3);
            assertThat(again.err()).contains(output, "not empty");
        }
    }

    @Test
    void whatCannotBeIsNamedBeforeAServerIsStarted() {
        Cli run = ghee("run", "hdfs-etl", "--input", "hdfs://localhost:1/clicks");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("--output: none", "--input").hasLineCount(1);
        assertThat(ghee("explain", "hdfs-etl").out()).contains("dwellMillis >= 100", "features");
    }
}
