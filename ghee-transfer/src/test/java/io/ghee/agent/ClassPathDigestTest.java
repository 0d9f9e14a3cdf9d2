package io.ghee.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathDigestTest {
    private static final String WRONG = "b".repeat(64);

    private @TempDir Path directory;
    private long time = 1_700_000_000_000L;

    /** A jar of files and their contents, in this order; each is younger than the last. */
    private Path jar(String name, String... files) throws IOException {
        Path jar = directory.resolve(name);
        Files.createDirectories(jar.getParent());
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (int k = 0; k < files.length; k += 2) {
                ZipEntry entry = new ZipEntry(files[k]);
                entry.setTime(time += 10_000);
                out.putNextEntry(entry);
                out.write(files[k + 1].getBytes(UTF_8));
            }
        }
        Files.setLastModifiedTime(jar, FileTime.fromMillis(time += 10_000));
        return jar;
    }

    private Path classes(String name, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = directory.resolve(name).resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        return directory.resolve(name);
    }

    private static ClassPathDigest of(Path... paths) {
        return ClassPathDigest.of(
                Arrays.stream(paths).map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    }

    private static String brief(ClassPathDigest of, int entry) {
        return of.entries().get(entry).sha256().substring(0, 12) + "…";
    }

    @Test
    void theSameFilesElsewhereAreTheSame() throws Exception {
        ClassPathDigest here = of(jar("a/x.jar", "p/A.class", "aa", "p/B.class", "b"), jar("a/y.jar", "C", "c"));
        ClassPathDigest there = of(jar("b/x.jar", "p/A.class", "aa", "p/B.class", "b"), jar("b/y.jar", "C", "c"));

        assertThat(here).isEqualTo(there);
        assertThat(here.differences(there)).isEmpty();
        assertThat(here.entries()).extracting(ClassPathDigest.Entry::name).containsExactly("x.jar", "y.jar");
        assertThat(here.entries().get(0).sha256()).matches("[0-9a-f]{64}");
    }

    /** Has the file beside a jar know it by a digest that is not its own, to see that it is taken. */
    private void known(Path jar) throws IOException {
        String line = KnownJars.describe(List.of(jar), FileTime.fromMillis(time += 10_000));
        Files.writeString(jar.resolveSibling(KnownJars.FILE), WRONG + line.substring(WRONG.length()));
        Files.setLastModifiedTime(jar, FileTime.fromMillis(time));
    }

    @Test
    void aKnownJarIsNotRead() throws Exception {
        Path jar = jar("a/x y.jar", "A", "a");
        Path other = jar("a/z.jar", "A", "a");
        ClassPathDigest read = of(jar, other);
        known(jar);

        assertThat(of(jar, other).entries())
                .containsExactly(
                        new ClassPathDigest.Entry("x y.jar", WRONG),
                        read.entries().get(1));
    }

    @Test
    void aJarOfAnotherSizeOrTimeThanKnownIsRead() throws Exception {
        Path jar = jar("a/x.jar", "A", "a");
        known(jar);
        FileTime then = Files.getLastModifiedTime(jar);

        assertThat(of(jar("a/x.jar", "A", "b"))).isEqualTo(of(jar("b/x.jar", "A", "b")));

        Files.setLastModifiedTime(jar("a/x.jar", "A", "longer"), then);
        assertThat(of(jar)).isEqualTo(of(jar("b/x.jar", "A", "longer")));
    }

    @Test
    void aFileThatKnowsNoJarsIsNamed() throws Exception {
        Path jar = jar("a/x.jar", "A", "a");
        Files.writeString(jar.resolveSibling(KnownJars.FILE), "nonsense\n");

        assertThatThrownBy(() -> of(jar))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        "ghee-jars.sha256: \"nonsense\" (expected: digest, size, time and name of a jar)");
    }

    @Test
    void theOrderOfFilesInAJarAndTheirTimesDoNotCount() throws Exception {
        assertThat(of(jar("a/x.jar", "A", "a", "B", "b"))).isEqualTo(of(jar("b/x.jar", "B", "b", "A", "a")));
    }

    @Test
    void anyDifferenceInAJarCounts() throws Exception {
        ClassPathDigest one = of(jar("x.jar", "A", "a", "B", "b"));
        String[][] others = {
            {"A", "a"},
            {"A", "a", "B", "c"},
            {"A", "a", "C", "b"},
            {"A", "b", "B", "a"},
            {"A", "a", "B", "b", "C", ""},
            {}
        };
        for (String[] files : others) {
            assertThat(of(jar("x.jar", files))).as("%s", (Object) files).isNotEqualTo(one);
        }
        assertThat(of(jar("x.jar", "A", "a", "B", "b"))).isEqualTo(one);
    }

    @Test
    void aJarOfOtherContentsIsNamedWithBothDigests() throws Exception {
        ClassPathDigest driver = of(jar("a/x.jar", "A", "a"), jar("a/y.jar", "B", "b"));
        ClassPathDigest worker = of(jar("b/x.jar", "A", "a"), jar("b/y.jar", "B", "other"));

        assertThat(worker.differences(driver))
                .containsExactly("y.jar: " + brief(worker, 1) + " (expected: " + brief(driver, 1) + ", as the driver)");
    }

    @Test
    void whatIsMissingOrMoreIsNamed() throws Exception {
        Path common = jar("x.jar", "A", "a");
        ClassPathDigest driver = of(jar("y.jar", "B", "b"), common);
        ClassPathDigest worker = of(common, jar("z.jar", "C", "c"));

        assertThat(worker.differences(driver))
                .containsExactly(
                        "y.jar: missing (expected: " + brief(driver, 0) + ", as the driver)",
                        "z.jar: " + brief(worker, 1) + " (expected: none, as the driver)");
    }

    @Test
    void theOrderOfTheClassPathCounts() throws Exception {
        Path x = jar("x.jar", "A", "a");
        Path y = jar("y.jar", "A", "b");
        Path z = jar("z.jar", "A", "c");

        assertThat(of(x, z, y).differences(of(x, y, z)))
                .containsExactly("entry 2 of the class path: z.jar (expected: y.jar, as the driver)");
    }

    @Test
    void entriesThatAreThereTwiceCountTwice() throws Exception {
        Path x = jar("x.jar", "A", "a");

        assertThat(of(x, x).differences(of(x)))
                .containsExactly("x.jar: " + brief(of(x), 0) + " (expected: none, as the driver)");
    }

    @Test
    void directoriesAreToldApartByNamesAndContents() throws Exception {
        Map<String, String> files = new LinkedHashMap<>(Map.of("p/A.class", "a", "p/q/B.class", "b"));
        ClassPathDigest driver = of(classes("a/classes", files));
        assertThat(of(classes("b/classes", files))).isEqualTo(driver);

        files.put("p/A.class", "c");
        ClassPathDigest worker = of(classes("c/classes", files));
        assertThat(worker.differences(driver))
                .containsExactly(
                        "classes: " + brief(worker, 0) + " (expected: " + brief(driver, 0) + ", as the driver)");
        files.put("p/A.class", "a");
        files.put("more", "");
        assertThat(of(classes("d/classes", files))).isNotEqualTo(driver);
    }

    @Test
    void directoriesOfTheSameNameAreKeptApart() throws Exception {
        Path one = classes("a/classes", Map.of("A", "a"));
        Path two = classes("b/classes", Map.of("B", "b"));
        Path other = classes("c/classes", Map.of("B", "c"));

        assertThat(of(one, other).differences(of(one, two)))
                .containsExactly(
                        "classes: " + brief(of(other), 0) + " (expected: " + brief(of(two), 0) + ", as the driver)");
    }

    @Test
    void aFileThatChangesInADirectoryIsSeenAgain() throws Exception {
        Path one = classes("classes", Map.of("A", "a"));
        ClassPathDigest before = of(one);
        classes("classes", Map.of("A", "b"));

        assertThat(of(one)).isNotEqualTo(before);
    }

    @Test
    void whatDoesNotExistIsLeftOut() throws Exception {
        Path x = jar("x.jar", "A", "a");

        assertThat(of(directory.resolve("none.jar"), x)).isEqualTo(of(x));
    }

    @Test
    void whatIsNoJarIsNamed() throws Exception {
        Path text = Files.writeString(directory.resolve("text.jar"), "no jar");

        assertThatThrownBy(() -> of(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("class path entry " + text + " cannot be read: ");
    }

    @Test
    void thisJvmsClassPathIsRead() {
        ClassPathDigest mine = ClassPathDigest.ofThisJvm();

        assertThat(mine.entries()).isNotEmpty();
        assertThat(ClassPathDigest.ofThisJvm().differences(mine)).isEmpty();
    }
}
