package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.file;
import static io.ghee.io.file.Reading.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.source.SplitReader;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonLinesTest {
    @TempDir
    Path dir;

    enum Kind {
        CLICK,
        VIEW
    }

    record Event(int id, String name, Double price, Kind kind, int[] counts, Place place, Instant time) {}

    record Place(float lat, float lon) {}

    private String in(String content) throws Exception {
        return file(dir.resolve("in.json"), content).toString();
    }

    @Test
    void objectsBecomeRecordsByName() throws Exception {
        String in = in("""
                {"name":"a","id":1,"extra":{"deep":[1,2]},"price":2,"kind":"VIEW","counts":[1,2],"place":{"lat":1.5,"lon":2}}

                {"id":2,"time":"2020-01-01T00:00:00.000000001Z","price":null}
                """);

        Everything.assertSame(
                all(JsonLines.read(in, Event.class)),
                List.of(
                        new Event(1, "a", 2.0, Kind.VIEW, new int[] {1, 2}, new Place(1.5f, 2), null),
                        new Event(2, null, null, null, null, null, Instant.parse("2020-01-01T00:00:00.000000001Z"))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"id":"1"}              | column id: Cannot coerce String value ("1") to `int`
                    {"id":1.0}              | column id: Cannot coerce Floating-point value (1.0) to `int`
                    {"id":3000000000}       | column id: Numeric value (3000000000) out of range of int
                    {"name":"x"}            | column id: Cannot map `null` into type `int`
                    {"id":null}             | column id: Cannot map `null` into type `int`
                    {"id":true}             | column id: Cannot deserialize value of type `int` from Boolean value
                    {"id":1,"kind":"SALE"}  | column kind: Cannot deserialize value of type
                    {"id":1,"kind":0}       | column kind: Cannot deserialize value of type
                    {"id":1,"counts":[1,""]}| column counts[1]: Cannot coerce empty String
                    {"id":1,"place":{}}     | column place.lat: Cannot map `null` into type `float`
                    {"id":1,"place":7}      | column place: Cannot construct instance
                    {"id":1} x              | no JSON: Unrecognized token 'x'
                    {"id":1                 | no JSON: Unexpected end-of-input
                    [1]                     | Cannot deserialize value of type
                    null                    | null (expected: an object)
                    {"id":1,"name":7}       | column name: Cannot coerce Integer value (7) to `java.lang.String`
                    """)
    void lineThatDoesNotFitIsBadAndTheNextOneIsRead(String line, String reason) throws Exception {
        String in = in("{\"id\":0}\n" + line + "\n{\"id\":2}\n");

        try (SplitReader<Event> reader = only(JsonLines.read(in, Event.class))) {
            assertThat(reader.next().id).isEqualTo(0);
            assertThatThrownBy(reader::next)
                    .isInstanceOf(BadRecordException.class)
                    .hasMessageStartingWith(reason);
            assertThat(reader.position()).isEqualTo(in + ":2");
            assertThat(reader.next().id).isEqualTo(2);
            assertThat(reader.next()).isNull();
        }
    }

    record Numbers(long big, double exact, BigDecimal price, float small) {}

    @Test
    void numbersComeBackExactly() throws Exception {
        Random random = new Random(1);
        List<Numbers> numbers = new ArrayList<>();
        for (int k = 0; k < 2000; k++) {
            numbers.add(new Numbers(
                    random.nextLong(),
                    Double.longBitsToDouble(random.nextLong()),
                    new BigDecimal(new java.math.BigInteger(200, random), random.nextInt(60) - 30),
                    Float.intBitsToFloat(random.nextInt())));
        }
        String out = dir.resolve("out").toString();
        Writing.to(JsonLines.to(out, Numbers.class), numbers);

        Everything.assertSame(all(JsonLines.read(out, Numbers.class).splitSize(DataSize.parse("10Ki")), 3), numbers);
    }

    record Odd(Object anything, Thread thread) {}

    @Test
    void typeThatHasNoJsonIsRefusedWhereItIsDeclared() {
        assertThatThrownBy(() -> JsonLines.read("x", Odd.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("Odd.anything: java.lang.Object (expected: a number");
        assertThat(Files.exists(dir.resolve("x"))).isFalse();
    }
}
