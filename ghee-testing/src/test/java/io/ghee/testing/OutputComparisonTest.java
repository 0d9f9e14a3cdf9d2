package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputComparisonTest {
    record Word(String text, int count) {}

    private @TempDir Path directory;

    @Test
    void orderIsFree() {
        OutputComparison comparison = OutputComparison.of(List.of("a", "b", "b"), List.of("b", "a", "b"));

        assertThat(comparison.isSame()).isTrue();
        assertThat(comparison.summary()).isEqualTo("3 records, all as expected");
        comparison.check();
    }

    @Test
    void duplicatesGapsAndStrangersAreNamed() {
        OutputComparison comparison =
                OutputComparison.of(List.of("a", "b", "b", "c"), List.of("a", "a", "a", "b", "d"));

        assertThat(comparison.duplicates()).containsExactly(new OutputComparison.Deviation("a", 1, 3));
        assertThat(comparison.gaps())
                .containsExactly(new OutputComparison.Deviation("b", 2, 1), new OutputComparison.Deviation("c", 1, 0));
        assertThat(comparison.strangers()).containsExactly(new OutputComparison.Deviation("d", 0, 1));
        assertThatThrownBy(comparison::check).isInstanceOf(AssertionError.class).hasMessage("""
                        5 records (expected: 4)
                          duplicates: 2 of 1 different records
                            a (3 times, expected: 1)
                          gaps: 2 of 2 different records
                            b (1 times, expected: 2)
                            c (0 times, expected: 1)
                          strangers: 1 of 1 different records
                            d (1 times, expected: 0)""");
    }

    @Test
    void theFirstTwentyAreShown() {
        List<Integer> numbers = IntStream.range(0, 100).boxed().toList();
        OutputComparison comparison = OutputComparison.of(
                numbers, Stream.concat(numbers.stream(), numbers.stream()).toList());

        assertThat(comparison.duplicates()).hasSize(100);
        assertThat(comparison.summary().lines()).hasSize(2 + 20 + 1);
        assertThat(comparison.summary())
                .contains("duplicates: 100 of 100", "\n    19 (2 times", "\n    and 80 more")
                .doesNotContain("\n    20 (");
    }

    @Test
    void recordsAreComparedByValue() {
        assertThat(OutputComparison.of(
                                List.of(new Word("a", 1), new Word("b", 2)),
                                List.of(new Word("b", 2), new Word("a", 1)))
                        .isSame())
                .isTrue();
        assertThat(OutputComparison.of(List.of(new Word("a", 1)), List.of()).gaps())
                .hasToString("[Word[text=a, count=1] (0 times, expected: 1)]");
    }

    private Path write(String file, String... lines) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        return Files.write(path, List.of(lines));
    }

    @Test
    void directoriesAreComparedLineByLineWithoutWhatIsHidden() throws IOException {
        write("one/part-00000.txt", "1", "2");
        write("one/part-00001.txt", "3");
        write("one/_SUCCESS", "x");
        write("two/.part-00000.txt.crc", "y");
        write("two/part-00000.txt", "3");
        write("two/rank-1/part", "2", "1");
        write("two/.attempt/part", "z");

        OutputComparison.ofDirectories(directory.resolve("one"), directory.resolve("two"))
                .check();
        assertThat(OutputComparison.lines(directory.resolve("two"))).containsExactlyInAnyOrder("1", "2", "3");
        assertThatThrownBy(() -> OutputComparison.lines(directory.resolve("three")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("three");
    }

    @Test
    void aHiddenDirectoryCanBeNamed() throws IOException {
        write(".hidden/part", "1");

        assertThat(OutputComparison.lines(directory.resolve(".hidden"))).containsExactly("1");
    }
}
