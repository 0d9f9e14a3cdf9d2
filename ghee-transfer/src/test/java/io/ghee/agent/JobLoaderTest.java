package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobLoaderTest {
    private @TempDir Path directory;
    private Path image;
    private Path job;

    @BeforeEach
    void fill() throws IOException {
        image = entry("image", "both", "META-INF/LICENSE.txt");
        job = entry("job", "own", "META-INF/LICENSE.txt");
    }

    /** A directory whose files have its name for contents. */
    private Path entry(String name, String... files) throws IOException {
        Path entry = directory.resolve(name);
        for (String file : files) {
            Path path = entry.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, name);
        }
        return entry;
    }

    private static String read(JobLoader loader, String name) throws IOException {
        try (var in = loader.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes());
        }
    }

    @Test
    void whatHasNamesOfItsOwnIsAddedWhereverItStands() throws Exception {
        try (JobLoader loader = new JobLoader(List.of(image))) {
            assertThat(loader.grow(List.of(job, image))).isTrue();
            assertThat(read(loader, "own")).isEqualTo("job");
            assertThat(read(loader, "both")).isEqualTo("image");
        }
    }

    @Test
    void whatHidesAFileIsNotAdded() throws Exception {
        entry("job", "both");
        try (JobLoader loader = new JobLoader(List.of(image))) {
            assertThat(loader.grow(List.of(job, image))).isFalse();
            assertThat(loader.getResource("own")).isNull();
        }
    }

    @Test
    void whatIsHiddenByAFileIsAdded() throws Exception {
        entry("job", "both");
        try (JobLoader loader = new JobLoader(List.of(image))) {
            assertThat(loader.grow(List.of(image, job))).isTrue();
            assertThat(read(loader, "both")).isEqualTo("image");
        }
    }

    @Test
    void neitherLessNorAnotherOrderIsGrowth() throws Exception {
        Path more = entry("more", "more");
        try (JobLoader loader = new JobLoader(List.of(image, more))) {
            assertThat(loader.grow(List.of(image, job))).isFalse();
            assertThat(loader.grow(List.of(more, image, job))).isFalse();
            assertThat(loader.getResource("own")).isNull();
        }
    }

    @Test
    void ofVeryManyFilesNoneIsLookedFor() throws Exception {
        entry("job", IntStream.range(0, 4001).mapToObj(i -> "file" + i).toArray(String[]::new));
        try (JobLoader loader = new JobLoader(List.of(image))) {
            assertThat(loader.grow(List.of(job, image))).isFalse();
            assertThat(loader.grow(List.of(image, job))).isTrue();
        }
    }
}
