package io.ghee.examples.cli;

import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input ends with one clear line, the right exit code, no stack trace, and no output. */
class BadInputTest {
    private static final List<String> GOOD = Stream.iterate(0, k -> k + 1)
            .limit(2000)
            .map(k -> k % 400 + "\t" + k % 300 + "\t" + (1 + k % 5) + "\t" + (800_000_000 + k))
            .toList();

    @TempDir
    Path temp;

    private Cli run(String... more) {
        List<String> args = new ArrayList<>(List.of(
                "run",
                "movielens-fm",
                "--launcher",
                "local",
                "--epochs",
                "2",
                "--drain",
                "--output",
                temp.resolve("out").toString()));
        args.addAll(Arrays.asList(more));
        return ghee(args.toArray(String[]::new));
    }

    private void fails(Cli run, int exitCode, String... parts) throws IOException {
        assertThat(run.err()).contains(parts).startsWith("ghee: ").doesNotContain("\tat ");
        assertThat(run.err().strip().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.out()).isEmpty();
        try (Stream<Path> left = Files.list(temp)) {
            assertThat(left.map(path -> path.getFileName().toString()).filter(name -> name.contains("out")))
                    .isEmpty();
        }
    }

    private Path write(String name, List<String> lines) throws IOException {
        return Files.write(temp.resolve(name), lines);
    }

    private Path withLine(int number, String line) throws IOException {
        List<String> lines = new ArrayList<>(GOOD);
        lines.set(number - 1, line);
        return write("ratings.tsv", lines);
    }

    @Test
    void aMissingFile() throws IOException {
        Path missing = temp.resolve("nowhere.tsv");
        fails(run("--input", missing.toString()), 3, missing.toString(), "no such file");
    }

    @Test
    void aPrincipalWithoutItsKeytab() {
        Cli run = run("--principal", "alice@EXAMPLE.COM");
        assertThat(run.err()).contains("Missing required argument(s): --keytab=FILE");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aKeytabWhereHadoopAsksForNone() throws IOException {
        Path keytab = write("alice.keytab", List.of());
        fails(
                run("--principal", "alice@EXAMPLE.COM", "--keytab", keytab.toString()),
                3,
                "principal: alice@EXAMPLE.COM (expected: none where hadoop.security.authentication is simple; set it to"
                        + " kerberos in HADOOP_CONF_DIR)");
    }

    @Test
    void anUnreadableFile() throws IOException {
        Path file = write("ratings.tsv", GOOD);
        assertThat(file.toFile().setReadable(false)).isTrue();
        assumeThat(Files.isReadable(file)).as("root reads everything").isFalse();
        fails(run("--input", file.toString()), 3, file.toString(), "readable");
    }

    @Test
    void aTornGzip() throws IOException {
        Path whole = temp.resolve("whole.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(whole))) {
            out.write(String.join("\n", GOOD).getBytes(StandardCharsets.UTF_8));
        }
        byte[] bytes = Files.readAllBytes(whole);
        Path torn = Files.write(temp.resolve("torn.gz"), Arrays.copyOf(bytes, bytes.length / 2));
        fails(run("--input", torn.toString()), 3, torn.toString(), "gzip", "line ");
    }

    @Test
    void anEmptyInput() throws IOException {
        Path file = write("ratings.tsv", List.of());
        fails(run("--input", file.toString()), 3, file.toString(), "empty");
    }

    @ParameterizedTest
    @CsvSource({
        "'5\t6', too few fields, 'user, item, rating, timestamp'",
        "'5\t6\tgood\t7', good, number",
        "'9000\t6\t3\t7', user: 9000, 0 to 8191",
        "'5\t4096\t3\t7', item: 4096, 0 to 4095",
        "'5\t6\t7\t7', rating: 7, 0.5 to 5",
    })
    void aMalformedLineIsNamedWithItsPlace(String line, String what, String expected) throws IOException {
        Path file = withLine(1234, line);
        fails(run("--input", file.toString()), 3, file + ":1234: ", what, expected);
    }

    @Test
    void badRecordsAreSkippedUpToTheLimitAndCountedOnce() throws IOException {
        List<String> lines = new ArrayList<>(GOOD);
        lines.set(16, "x");
        lines.set(1700, "5\t6\t3");
        Path file = write("ratings.tsv", lines);
        Cli run = run("--input", file.toString(), "--max-bad-records", "2");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("2 bad records", file + ":17: ", file + ":1701: ");
    }

    @Test
    void oneMoreThanTheLimitEndsTheJob() throws IOException {
        List<String> lines = new ArrayList<>(GOOD);
        lines.set(16, "x");
        lines.set(1700, "y");
        Path file = write("ratings.tsv", lines);
        fails(run("--input", file.toString(), "--max-bad-records", "1"), 3, file + ":", "too few fields");
    }

    @ParameterizedTest
    @CsvSource({
        "--replicas, train=0, 3, 'replicas: 0 (expected: >= 1)'",
        "--replicas, cook=2, 3, 'stage: \"cook\" (expected: one of [preprocess, train])'",
        "--batch-size, 0, 3, 'batch size: 0 (expected: >= 1)'",
        "--epochs, 0, 3, 'epochs: 0 (expected: >= 1)'",
        "--preprocess-rounds, -1, 3, 'preprocess rounds: -1 (expected: >= 0)'",
        "--max-bad-records, -1, 3, 'max bad records: -1 (expected: >= 0)'",
        "--launcher, moon, 3, 'launcher: \"moon\" (expected: one of [local, processes, kubernetes])'",
        "--input, hdfs://nn/ratings.csv, 3, hdfs",
    })
    void aValueThatCannotBeIsNamed(String option, String value, int exitCode, String message) throws IOException {
        Path file = write("ratings.tsv", GOOD);
        fails(run("--input", file.toString(), option, value), exitCode, message);
    }

    @ParameterizedTest
    @CsvSource({
        "clicks-predict, client, servers",
        "clicks-predict, cluster, servers",
        "hdfs-etl, client, servers",
        "hdfs-etl, cluster, servers",
        "movielens-fm, client, a file",
        "movielens-fm, cluster, a file",
        "lr-sparse, client, a file",
        "fm-sweep, client, a file",
    })
    void whatPodsDoNotReachIsNotMadeForThem(String job, String mode, String what) throws IOException {
        fails(
                ghee("run", job, "--launcher", "kubernetes", "--deploy-mode", mode),
                3,
                "--launcher kubernetes without --input: " + job + " makes its input itself, " + what
                        + " of this machine, which pods do not reach (expected: --input and --output)");
    }

    @Test
    void anOutputThatIsThereIsNotTouched() throws IOException {
        Path file = write("ratings.tsv", GOOD);
        Path precious = Files.createDirectory(temp.resolve("precious"));
        Files.writeString(precious.resolve("model"), "mine");
        Cli run = ghee(
                "run",
                "movielens-fm",
                "--launcher",
                "local",
                "--input",
                file.toString(),
                "--drain",
                "--output",
                precious.toString());
        fails(run, 3, precious.toString(), "not empty");
        assertThat(precious.resolve("model")).hasContent("mine");
    }

    @ParameterizedTest
    @CsvSource({
        "run, movielens-fm, --epochs, many",
        "run, movielens-fm, --nonsense, 1",
        "run, nothing, --epochs, 1",
        "fly, a, b, c"
    })
    void whatIsNoCommandLineIsUsage(String a, String b, String c, String d) {
        Cli run = ghee(a, b, c, d);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).isNotEmpty();
    }

    @Test
    void verboseShowsTheStackOfTheWorker() throws IOException {
        Path file = withLine(3, "x");
        Cli run = run("--input", file.toString(), "--verbose");
        assertThat(run.err()).contains("in the worker: ", "\tat ", "BadRecordException");
    }
}
