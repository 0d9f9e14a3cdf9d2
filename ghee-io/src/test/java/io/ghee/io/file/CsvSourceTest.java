package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.file;
import static io.ghee.io.file.Reading.gzip;
import static io.ghee.io.file.Reading.of;
import static io.ghee.io.file.Reading.only;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvSourceTest {
    record Rating(int user, long movie, float rating) {}

    record Named(int id, String name) {}

    record Every(boolean z, byte b, short s, char c, int i, long l, float f, double d, String t) {}

    record Positive(int n) {
        Positive {
            if (n <= 0) {
                throw new IllegalArgumentException("n: " + n + " (expected: > 0)");
            }
        }
    }

    record Tagged(int id, String[] tags) {}

    @TempDir
    Path dir;

    private String csv(String content) throws Exception {
        return file(dir.resolve("data.csv"), content).toString();
    }

    @Test
    void columnsAreMatchedByName() throws Exception {
        String path = csv("rating,timestamp,user,movie\n4.5,112,7,9\n,,,\n");
        try (SplitReader<Rating> reader = only(Csv.read(path, Rating.class))) {
            assertThat(reader.next()).isEqualTo(new Rating(7, 9, 4.5f));
        }
    }

    @Test
    void columnsAreMatchedByPositionWithoutAHeader() throws Exception {
        String path = csv("7,9,4.5\r\n8,10,1");

        assertThat(all(Csv.read(path, Rating.class).header(false)))
                .containsExactly(new Rating(7, 9, 4.5f), new Rating(8, 10, 1));
    }

    @Test
    void everyPrimitiveIsRead() throws Exception {
        String path = csv("z,b,s,c,i,l,f,d,t\ntrue,-128,32767,x,-5,9000000000,1e3,NaN,text\n0,0,0,é,0,0,0,0,\n");

        assertThat(all(Csv.read(path, Every.class)))
                .containsExactly(
                        new Every(true, (byte) -128, (short) 32767, 'x', -5, 9_000_000_000L, 1000f, Double.NaN, "text"),
                        new Every(false, (byte) 0, (short) 0, 'é', 0, 0, 0, 0, ""));
    }

    @Test
    void everyRowComesOnceHoweverTheFileIsCut() throws Exception {
        List<Named> expected = IntStream.range(0, 50)
                .mapToObj(n -> new Named(n, n % 3 == 0 ? "a \"quoted\", name" : "世界 " + n))
                .toList();
        StringBuilder content = new StringBuilder("\uFEFFid,name\r\n");
        for (Named row : expected) {
            content.append(row.id)
                    .append(row.id % 3 == 0 ? ",\"" + row.name.replace("\"", "\"\"") + "\"" : "," + row.name)
                    .append(row.id % 2 == 0 ? "\n" : "\r\n\r\n");
        }
        String path = csv(content.toString());
        int bytes = content.toString().getBytes(StandardCharsets.UTF_8).length;
        for (int size = 1; size <= bytes; size += size < 40 ? 1 : 97) {
            assertThat(all(Csv.read(path, Named.class).splitSize(new DataSize(size))))
                    .as("splits of %d", size)
                    .isEqualTo(expected);
        }
    }

    @Test
    void missingColumnIsNamedWithItsFileOnTheDriver() throws Exception {
        file(dir.resolve("in/a.csv"), "id,name\n1,x\n");
        file(dir.resolve("in/b.csv"), "id,nom\n1,x\n");

        assertThatThrownBy(() -> Csv.read(dir + "/in", Named.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("b.csv: no column name in its header [id, nom] (expected: one for each component"
                        + " of Named [id, name])");
        assertThatThrownBy(() -> Csv.read(csv("id,name,id\n"), Named.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("2 columns id");
        assertThatThrownBy(() -> Csv.read(csv("\n\n"), Named.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no header");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "'x,2,3', 'column user: \"x\" (expected: int)'",
                "',2,3', 'column user: \"\" (expected: int)'",
                "'3000000000,2,3', 'column user: \"3000000000\" (expected: int)'",
                "'1,2.5,3', 'column movie: \"2.5\" (expected: long)'",
                "'1,2,good', 'column rating: \"good\" (expected: float)'",
                "'1,2', '2 fields (expected: 3)'",
                "'1,2,3,4', '4 fields (expected: 3)'",
                "'1,2,\"3', 'a quoted field that is not closed (expected: a \" at its end, in the same line'",
                "'\"1\"x,2,3', 'Unexpected character after closing quote'",
            })
    void badRowIsRefusedAndTheNextOneRead(String row, String message) throws Exception {
        String path = csv("user,movie,rating\n1,2,3\n" + row + "\n4,5,6\n7,8,9");
        try (SplitReader<Rating> reader = only(Csv.read(path, Rating.class))) {
            assertThat(reader.next()).isEqualTo(new Rating(1, 2, 3));
            assertThatThrownBy(reader::next)
                    .isExactlyInstanceOf(BadRecordException.class)
                    .hasMessageContaining(message);
            assertThat(reader.position()).endsWith("data.csv:3");
            assertThat(reader.next()).isEqualTo(new Rating(4, 5, 6));
            assertThat(reader.position()).endsWith("data.csv:4");
            assertThat(reader.next()).isEqualTo(new Rating(7, 8, 9));
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void badLastRowEndsTheSplit() throws Exception {
        try (SplitReader<Rating> reader = only(Csv.read(csv("user,movie,rating\n\"1"), Rating.class))) {
            assertThatThrownBy(reader::next).isInstanceOf(BadRecordException.class);
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void rowThatTheRecordRefusesIsABadRecord() throws Exception {
        try (SplitReader<Positive> reader = only(Csv.read(csv("n\n0\n5\n"), Positive.class))) {
            assertThatThrownBy(reader::next)
                    .isInstanceOf(BadRecordException.class)
                    .hasMessage("Positive refuses it: n: 0 (expected: > 0)");
            assertThat(reader.next()).isEqualTo(new Positive(5));
        }
    }

    @Test
    void positionIsTheNumberOfTheLineInTheFile() throws Exception {
        StringBuilder content = new StringBuilder("id,name\n");
        IntStream.rangeClosed(2, 2000).forEach(n -> content.append(n).append(",x\n"));
        var source = Csv.read(csv(content.toString()), Named.class).splitSize(new DataSize(500));
        for (Split split : source.splits(1)) {
            try (SplitReader<Named> reader = source.open(split)) {
                Named row;
                while ((row = reader.next()) != null) {
                    assertThat(reader.position()).endsWith("data.csv:" + row.id);
                }
            }
        }
    }

    @Test
    void quotedFieldsSpanLinesWhereThatIsAsked() throws Exception {
        String path = csv("id,name\r\n\r\n1,\"two\r\nlines\n\nand \"\"more\"\"\"\r\n2,plain\n");
        var source = Csv.read(path, Named.class).multiLine().splitSize(new DataSize(1));

        assertThat(source.splits(4)).hasSize(1);
        try (SplitReader<Named> reader = only(source)) {
            assertThat(reader.next()).isEqualTo(new Named(1, "two\r\nlines\n\nand \"more\""));
            assertThat(reader.position()).endsWith("data.csv:3");
            assertThat(reader.next()).isEqualTo(new Named(2, "plain"));
            assertThat(reader.position()).endsWith("data.csv:7");
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void quoteThatIsNeverClosedEndsAMultiLineSplit() throws Exception {
        String path = csv("id,name\n1,\"one\n2,two\n3,three\n");
        try (SplitReader<Named> reader = only(Csv.read(path, Named.class).multiLine())) {
            assertThatThrownBy(reader::next)
                    .isExactlyInstanceOf(InputException.class)
                    .hasMessageContaining("data.csv:2: a quoted field that is not closed");
        }
    }

    @Test
    void separatorsCanBeChosen() throws Exception {
        assertThat(all(Csv.tsv(csv("id\tname\n1\ta,b\n"), Named.class))).containsExactly(new Named(1, "a,b"));
        assertThat(all(Csv.read(csv("id;name\n1;a,b\n"), Named.class).separator(';')))
                .containsExactly(new Named(1, "a,b"));
        assertThatThrownBy(() -> Csv.read("x", Named.class).separator('"')).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void longFieldsAreRead() throws Exception {
        String name = "ab€".repeat(100_000);

        assertThat(all(Csv.read(csv("id,name\n1," + name + "\n2,\"" + name + "\"\n"), Named.class)))
                .containsExactly(new Named(1, name), new Named(2, name));
    }

    @Test
    void gzipIsUnpacked() throws Exception {
        Path path = dir.resolve("data.csv.gz");
        Files.write(path, gzip("id,name\n1,a\n2,b\n"));

        assertThat(all(Csv.read(path.toString(), Named.class))).containsExactly(new Named(1, "a"), new Named(2, "b"));
    }

    @Test
    void tornGzipIsRefusedWithTheLastLineRead() throws Exception {
        StringBuilder content = new StringBuilder("id,name\n");
        new Random(3).ints(50_000).forEach(n -> content.append(n).append(",x\n"));
        byte[] whole = gzip(content.toString());
        Path path = dir.resolve("torn.csv.gz");
        Files.write(path, Arrays.copyOf(whole, whole.length / 2));
        int rows = 0;
        try (SplitReader<Named> reader = only(Csv.read(path.toString(), Named.class))) {
            while (reader.next() != null) {
                rows++;
            }
            fail("read to an end that is not there");
        } catch (InputException e) {
            assertThat(e).isExactlyInstanceOf(InputException.class);
            assertThat(e).hasMessageContaining("torn.csv.gz: broke off after line " + (rows + 1) + ": ");
        }
        assertThat(rows).isGreaterThan(10_000);
    }

    @Test
    void componentsOfOtherTypesAreRefusedWhereTheyAreDeclared() {
        assertThatThrownBy(() -> Csv.read("x.csv", Tagged.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("Tagged.tags: String[] (expected: a primitive or String)");
    }

    @Test
    void sourceAndSplitsTravel() throws Exception {
        var source = Csv.read(csv("id,name\n1,a\n2,b\n"), Named.class).splitSize(new DataSize(10));
        List<Named> read = new ArrayList<>();
        for (Split split : source.splits(2)) {
            read.addAll(of(shipped(source), shipped(split)));
        }

        assertThat(read).containsExactly(new Named(1, "a"), new Named(2, "b"));
    }

    @Test
    void describesItself() {
        assertThat(Csv.read("ratings.csv", Rating.class).describe()).isEqualTo("csv ratings.csv as Rating");
    }
}
