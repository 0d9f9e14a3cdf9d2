package io.ghee.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import io.ghee.ConfigurationException;
import io.ghee.agent.KnownJars;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images on a base of one file, made without a registry. */
class AgentImageTest {
    private static final String NAME = "localhost/ghee-agent:test";

    @TempDir
    private Path dir;

    private Path jar;
    private Path snapshot;
    private Path classes;

    @BeforeEach
    void base() throws Exception {
        Path java = Files.writeString(dir.resolve("java"), "a runtime");
        Jib.fromScratch()
                .addLayer(List.of(java), AbsoluteUnixPath.get("/usr/bin"))
                .addEnvironmentVariable("PATH", "/usr/bin")
                .containerize(
                        Containerizer.to(TarImage.at(dir.resolve("base.tar")).named("base"))
                                .setOfflineMode(true));
        jar = jar("others-1.0.jar");
        snapshot = jar("ours-1.0-SNAPSHOT.jar");
        classes = Files.createDirectory(dir.resolve("classes"));
        Files.writeString(classes.resolve("A.class"), "compiled");
    }

    private Path jar(String name) throws IOException {
        Path file = dir.resolve(name);
        try (JarOutputStream entries = new JarOutputStream(Files.newOutputStream(file))) {
            entries.putNextEntry(new JarEntry(name + ".txt"));
            entries.write(name.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private Path write(String name) throws InterruptedException {
        Path image = dir.resolve(name);
        String classPath = String.join(
                File.pathSeparator,
                classes.toString(),
                jar.toString(),
                dir.resolve("none.jar").toString(),
                snapshot.toString());
        AgentImage.write("tar://" + dir.resolve("base.tar"), NAME, image, classPath);
        return image;
    }

    private static Map<String, byte[]> entries(InputStream archive) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(archive)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile()) {
                    entries.put(entry.getName(), tar.readAllBytes());
                }
            }
        }
        return entries;
    }

    @Test
    void anImageHasItsBaseAndTheClassPathAndTheDigestsOfTheJarsOfOthers() throws Exception {
        Map<String, byte[]> archive = entries(Files.newInputStream(write("agent.tar")));
        ObjectMapper json = new ObjectMapper();
        JsonNode manifest = json.readTree(archive.get("manifest.json")).get(0);
        assertThat(manifest.get("RepoTags")).singleElement().asString().contains(NAME);
        JsonNode config =
                json.readTree(archive.get(manifest.get("Config").asText())).get("config");
        assertThat(config.get("Entrypoint").toString()).isEqualTo("[\"java\",\"io.ghee.k8s.agent.PodAgent\"]");
        assertThat(config.get("Env").toString())
                .contains("PATH=/usr/bin")
                .contains("CLASSPATH=/ghee/lib/classes:/ghee/lib/others-1.0.jar:/ghee/lib/ours-1.0-SNAPSHOT.jar");

        Map<String, byte[]> files = new TreeMap<>();
        for (JsonNode layer : manifest.get("Layers")) {
            files.putAll(entries(new GZIPInputStream(new ByteArrayInputStream(archive.get(layer.asText())))));
        }
        assertThat(files.keySet())
                .containsExactlyInAnyOrder(
                        "usr/bin/java",
                        "ghee/lib/classes/A.class",
                        "ghee/lib/others-1.0.jar",
                        "ghee/lib/ours-1.0-SNAPSHOT.jar",
                        "ghee/lib/" + KnownJars.FILE);
        assertThat(files.get("ghee/lib/others-1.0.jar")).isEqualTo(Files.readAllBytes(jar));
        // The time that Jib gives every file: a second after the epoch.
        assertThat(new String(files.get("ghee/lib/" + KnownJars.FILE), StandardCharsets.UTF_8))
                .isEqualTo(KnownJars.describe(List.of(jar), FileTime.fromMillis(1000)));
    }

    @Test
    void theSameClassPathGivesTheSameBytesAtAnotherTime() throws Exception {
        Path first = write("first.tar");
        for (Path each : List.of(jar, snapshot, classes.resolve("A.class"))) {
            Files.setLastModifiedTime(each, FileTime.fromMillis(0));
        }
        assertThat(write("second.tar")).hasSameBinaryContentAs(first);
    }

    @Test
    void whatCannotBeMadeIsNamed() {
        assertThatThrownBy(() -> AgentImage.write("tar:///none.tar", NAME, dir.resolve("agent.tar"), ""))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("base tar:///none.tar: no such file (expected: an archive of an image)");
        String twice = jar + File.pathSeparator + dir.resolve("other").resolve(jar.getFileName());
        assertThatThrownBy(() -> {
                    Files.createDirectory(dir.resolve("other"));
                    Files.copy(jar, dir.resolve("other").resolve(jar.getFileName()));
                    AgentImage.write("tar://" + dir.resolve("base.tar"), NAME, dir.resolve("agent.tar"), twice);
                })
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("class path: two entries are called others-1.0.jar (expected: names of their own)");
    }
}
