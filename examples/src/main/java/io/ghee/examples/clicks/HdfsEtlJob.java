package io.ghee.examples.clicks;

import static io.ghee.ConfigurationException.check;
import static io.ghee.Resources.replicas;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.examples.servers.LocalHdfs;
import io.ghee.io.file.Parquet;
import io.ghee.models.Example;
import io.ghee.run.JobProgress;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@link HdfsEtl}, and what it runs on without them. */
public final class HdfsEtlJob implements PackagedJob {
    @Option(
            names = "--input",
            paramLabel = "URI-or-glob",
            description =
                    "Parquet files with the columns user, ad, timestamp, dwellMillis and bought, on hdfs:// or elsewhere."
                            + " Without it, HDFS is started for the time of the job, and given generated clicks.")
    private @Nullable String input;

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Where the examples go: a directory that is absent or empty; needed with --input.")
    private @Nullable String output;

    @Option(
            names = "--clicks",
            paramLabel = "N",
            defaultValue = "500000",
            description = "How many clicks are generated (default: ${DEFAULT-VALUE}).")
    private int clicks;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of the generated clicks (default: ${DEFAULT-VALUE}).")
    private int seed;

    private String hdfs = "hdfs://localhost:8020";

    @Override
    public String name() {
        return "hdfs-etl";
    }

    @Override
    public String summary() {
        return "makes examples to train on of clicks, from Parquet to Parquet on HDFS";
    }

    @Override
    public Pipeline pipeline() {
        check(clicks >= 1, "clicks", clicks, ">= 1");
        check(input == null || output != null, "--output", "none", "a directory, where --input is given");
        return HdfsEtl.pipeline(input(), output());
    }

    private String input() {
        return input != null ? input : hdfs + "/clicks";
    }

    @Override
    public String output() {
        return output != null ? output : hdfs + "/examples";
    }

    @Override
    public Optional<String> makesHere() {
        return input == null ? Optional.of("servers") : Optional.empty();
    }

    @Override
    public Closeable prepare() throws InterruptedException {
        if (input != null) {
            return () -> {};
        }
        LocalHdfs server = LocalHdfs.start();
        try {
            hdfs = server.uri();
            Pipeline filling = Pipeline.named("clicks-fill")
                    .readFrom(generated())
                    .stage("fill", replicas(2))
                    .writeTo(Parquet.to(input(), LoggedClick.class));
            Ghee.local().launch(filling).await();
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private GeneratedClicks generated() {
        return new GeneratedClicks(clicks, seed);
    }

    /** How many examples there are, and a sum that depends on all of each, but not on their order. */
    private record Count(long examples, long sum) {
        static final Count NONE = new Count(0, 0);

        Count plus(Example example) {
            int hash = 31 * Arrays.hashCode(example.features()) + Float.hashCode(example.label());
            return new Count(examples + 1, sum + hash);
        }

        /** Of what a source has. */
        static Count of(BoundedSource<Example> source) throws IOException {
            Count count = NONE;
            for (Split split : source.splits(1)) {
                try (SplitReader<Example> reader = source.open(split)) {
                    for (Example each = reader.next(); each != null; each = reader.next()) {
                        count = count.plus(each);
                    }
                } catch (IOException | RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException(source.describe() + " cannot be read: " + e, e);
                }
            }
            return count;
        }
    }

    @Override
    public List<Result> results(JobProgress end) throws IOException {
        long made = end.stages().get(0).recordsOut();
        Result examples =
                new Result("examples", made, "examples", String.format(Locale.ROOT, "%,d of clicks of people", made));
        if (input != null) {
            return List.of(examples);
        }
        Count expected = generated().stream()
                .filter(click -> click.click().isHuman())
                .map(click -> click.outcome().example())
                .reduce(Count.NONE, Count::plus, (a, b) -> new Count(a.examples + b.examples, a.sum + b.sum));
        Count found = Count.of(Parquet.read(output(), Example.class));
        if (!found.equals(expected)) {
            throw new IllegalStateException(output() + " has " + found + " (expected: " + expected + ")");
        }
        return List.of(
                new Result("clicks", clicks, "clicks", String.format(Locale.ROOT, "%,d in %s", clicks, input())),
                examples,
                new Result("checksum", found.sum(), "checksum", found.sum() + ", as of the generated clicks"));
    }
}
