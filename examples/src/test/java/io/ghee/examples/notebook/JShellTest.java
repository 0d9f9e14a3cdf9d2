package io.ghee.examples.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines of what was typed into JShell, as into a notebook: a JVM per replica has none of that on its class path. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class JShellTest {
    private static final int LINES = 1000;

    @TempDir
    private Path directory;

    private JShell shell;

    @BeforeEach
    void start() throws IOException {
        Files.write(
                directory.resolve("in.tsv"),
                IntStream.range(0, LINES).mapToObj(k -> k + "\t" + 2 * k).toList());
        String classPath = System.getProperty("java.class.path");
        shell = JShell.builder()
                // As by default, where another JVM that is not there after five seconds is given up.
                .executionEngine("jdi:hostname(127.0.0.1),timeout(60000)")
                .compilerOptions("-cp", classPath)
                .remoteVMOptions("-cp", classPath)
                .build();
        type("import io.ghee.*;");
        type("import io.ghee.io.file.Text;");
        type("import static io.ghee.Resources.replicas;");
        type("record Pair(int first, int second) {}");
        type("record Sums(long[] sums) {}");
        type("Pair parse(String line) {"
                + " String[] parts = line.split(\"\\t\");"
                + " return new Pair(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])); }");
    }

    @AfterEach
    void stop() {
        shell.close();
    }

    /** What a line is worth; fails if it is not understood, or throws. */
    private @Nullable String type(String line) {
        SnippetEvent event = shell.eval(line).get(0);
        assertThat(event.status())
                .as("%s: %s", line, diagnostics(event.snippet()))
                .isIn(Snippet.Status.VALID, Snippet.Status.RECOVERABLE_DEFINED);
        return event.exception() == null
                ? event.value()
                : String.valueOf(event.exception().getMessage());
    }

    private List<String> diagnostics(Snippet snippet) {
        return shell.diagnostics(snippet).map(each -> each.getMessage(null)).toList();
    }

    /** Runs a pipeline of what was typed, and says what came of it. */
    private @Nullable String run(String output) {
        type("var typed = Pipeline.named(\"typed\")"
                + ".readFrom(Text.lines(\"" + directory.resolve("in.tsv") + "\", line -> parse(line)))"
                + ".stage(\"read\", replicas(2)).filter(pair -> isWanted(pair)).batch(10)"
                + ".stage(\"write\", replicas(1)).map(batch -> batch.records().stream()"
                + ".map(pair -> new Sums(new long[] {pair.first(), (long) factor * pair.second()})).toList())"
                + ".unbatch().map(sums -> sums.sums()[0] + \" \" + sums.sums()[1])"
                + ".writeTo(Text.to(\"" + directory.resolve(output) + "\"));");
        type("var job = Ghee.processes().launch(typed);");
        return type("job.await().stages().get(0).recordsIn()");
    }

    private List<String> written(String output) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory.resolve(output))) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith("part"))
                    .toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines;
    }

    private static List<String> expected(int modulus, int factor) {
        return IntStream.range(0, LINES)
                .filter(k -> k % modulus == 0)
                .mapToObj(k -> k + " " + 2 * factor * k)
                .toList();
    }

    @Test
    void whatWasTypedRunsInOtherProcessesAsItIsByThen() throws IOException {
        type("int factor = 0;");
        type("boolean isWanted(Pair pair) { return pair.first() % modulus == 0; }");
        type("int modulus = 1;");
        type("factor = 3;");
        type("modulus = 2;");
        assertThat(run("first")).isEqualTo(Integer.toString(LINES));
        assertThat(written("first")).containsExactlyInAnyOrderElementsOf(expected(2, 3));

        type("factor = 5;");
        type("boolean isWanted(Pair pair) { return pair.first() % (modulus + 1) == 0; }");
        assertThat(run("second")).isEqualTo(Integer.toString(LINES));
        assertThat(written("second")).containsExactlyInAnyOrderElementsOf(expected(3, 5));
    }

    @Test
    void aVariableThatCannotTravelIsNamedWhereItIsMissed() {
        type("int factor = 1;");
        type("Object lock = new Object();");
        type("boolean isWanted(Pair pair) { return lock.equals(lock); }");
        assertThat(run("none")).contains("stage read").contains("lock\" is null");
        assertThat(directory.resolve("none")).doesNotExist();
    }
}
