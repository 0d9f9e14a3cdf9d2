package io.ghee.io.file;

import static io.ghee.io.file.Reading.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.ghee.ConfigurationException;
import io.ghee.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocationTest {
    @TempDir
    Path dir;

    @BeforeEach
    void files() throws Exception {
        for (String name : List.of(
                "b.csv", "a.csv", "c.txt", ".hidden.csv", "_SUCCESS", "sub/part-1", "sub/deep/part-0", "_tmp/part-9")) {
            file(dir.resolve(name), name + "\n");
        }
    }

    private List<String> found(String location) throws Exception {
        return Location.parse(location).files().stream()
                .map(file -> dir.relativize(Path.of(file.path())).toString())
                .toList();
    }

    @Test
    void directoryIsItsFilesThatAreNotHidden() throws Exception {
        assertThat(found(dir.toString())).containsExactly("a.csv", "b.csv", "c.txt");
        assertThat(found(dir + "/")).containsExactly("a.csv", "b.csv", "c.txt");
    }

    @Test
    void globFindsWhatItMatches() throws Exception {
        assertThat(found(dir + "/*.csv")).containsExactly("a.csv", "b.csv");
        assertThat(found(dir + "//{a,c}.*")).containsExactly("a.csv", "c.txt");
        assertThat(found(dir + "/*/part-?")).containsExactly("sub/part-1");
        assertThat(found(dir + "/**/part-*")).containsExactly("sub/deep/part-0", "sub/part-1");
    }

    @Test
    void fileMayBeNamedLikeAGlobOrHidden() throws Exception {
        file(dir.resolve("x[1].csv"), "x\n");

        assertThat(found(dir + "/x[1].csv")).containsExactly("x[1].csv");
        assertThat(found(dir + "/.hidden.csv")).containsExactly(".hidden.csv");
    }

    @Test
    void globOfARelativePathIsLookedForInTheWorkingDirectory() throws Exception {
        assertThat(Location.parse("*.xml").files()).extracting(InputFile::path).containsExactly("pom.xml");
        assertThat(Location.parse("./p*.xml").files()).hasSize(1);
    }

    @Test
    void fileUriIsAPath() throws Exception {
        file(dir.resolve("with space+.csv"), "x\n");

        assertThat(found("file://" + dir + "/a.csv")).containsExactly("a.csv");
        assertThat(found("file:" + dir + "/a.csv")).containsExactly("a.csv");
        assertThat(found("file://localhost" + dir + "/*.csv")).contains("a.csv");
        assertThat(found(dir.resolve("with space+.csv").toUri().toString())).containsExactly("with space+.csv");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3a://bucket/key", "gs://bucket/key", "nowhere:///x"})
    void schemeWithoutAFileSystemIsRefusedWithTheJarThatLacks(String location) {
        String scheme = location.substring(0, location.indexOf(':'));

        assertThatThrownBy(() -> Text.lines(location))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(location)
                .hasMessageContaining(
                        "no file system for scheme " + scheme + " (expected: its jar on the class path: ");
        assertThatThrownBy(() -> Text.to(location)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> Artifacts.to(location)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void jarIsNamed() {
        assertThatThrownBy(() -> Text.lines("s3a://bucket/key")).hasMessageContaining("org.apache.hadoop:hadoop-aws");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "file://host/a", "file://a.csv", "file:///a%2"})
    void whatIsNoLocationIsRefused(String location) {
        assertThatThrownBy(() -> Text.lines(location))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected");
    }

    private void refused(String location, String message) {
        assertThatThrownBy(() -> Text.lines(location).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(location + ": " + message)
                .hasMessageContaining("(expected: ");
    }

    @Test
    void missingFilesAreNamed() throws Exception {
        Files.createDirectories(dir.resolve("none"));

        refused(dir + "/absent.csv", "no such file");
        refused(dir + "/absent/*.csv", "no such directory");
        refused(dir + "/*.parquet", "matches no file");
        refused(dir + "/none", "holds no file");
    }

    @Test
    void emptyInputIsRefusedButNotAnEmptyFileAmongOthers() throws Exception {
        file(dir.resolve("e/1"), "");
        refused(dir + "/e/1", "is empty");
        file(dir.resolve("e/2"), "");
        refused(dir + "/e", "all 2 files are empty");
        file(dir.resolve("e/3"), "x\n");

        assertThat(Text.lines(dir + "/e").splits(1)).hasSize(1);
    }

    @Test
    void unreadableFileIsNamed() throws Exception {
        assumeFalse("root".equals(System.getProperty("user.name")), "root can read every file");
        Files.setPosixFilePermissions(dir.resolve("b.csv"), Set.of());

        assertThatThrownBy(() -> Text.lines(dir + "/*.csv").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("b.csv: cannot be read");
    }
}
