package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads files that Avro's generic writer has written. */
class AvroSourceTest {
    @TempDir
    Path dir;

    private static Schema schema(String fields) {
        return new Schema.Parser().parse("{\"type\":\"record\",\"name\":\"Row\",\"fields\":[" + fields + "]}");
    }

    private static String field(String name, String type) {
        return "{\"name\":\"" + name + "\",\"type\":" + type + "}";
    }

    private String file(Schema schema, int rows, BiConsumer<Integer, GenericRecord> fill) throws IOException {
        Path path = dir.resolve("in.avro");
        try (DataFileWriter<GenericRecord> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
            writer.setSyncInterval(2000);
            writer.create(schema, path.toFile());
            for (int row = 0; row < rows; row++) {
                GenericRecord record = new GenericData.Record(schema);
                fill.accept(row, record);
                writer.append(record);
            }
        }
        return path.toString();
    }

    enum Colour {
        RED,
        GREEN
    }

    record Typed(
            long fromInt,
            double fromFloat,
            Integer either,
            Colour symbol,
            Colour named,
            String symbolText,
            LocalDate day,
            Instant millis,
            Instant micros,
            Instant nanos,
            BigDecimal fixed,
            BigDecimal bytes,
            byte[] hash) {}

    @Test
    void typesOfOthersAreRead() throws Exception {
        Schema schema = schema(String.join(
                ",",
                field("fromInt", "\"int\""),
                field("left", "\"string\""),
                field("fromFloat", "\"float\""),
                field("either", "[\"int\",\"null\"]"),
                field("symbol", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"BLUE\",\"GREEN\"]}"),
                field("named", "\"string\""),
                field("symbolText", "\"E\""),
                field("day", "{\"type\":\"int\",\"logicalType\":\"date\"}"),
                field("millis", "[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}]"),
                field("micros", "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"),
                field("nanos", "{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}"),
                field(
                        "fixed",
                        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":5,\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}"),
                field("bytes", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":1}"),
                field("hash", "{\"type\":\"fixed\",\"name\":\"H\",\"size\":2}")));
        String in = file(schema, 2, (row, record) -> {
            record.put("fromInt", -5);
            record.put("left", "out");
            record.put("fromFloat", 1.5f);
            record.put("either", row == 0 ? null : 3);
            record.put(
                    "symbol",
                    new GenericData.EnumSymbol(schema.getField("symbol").schema(), "GREEN"));
            record.put("named", "RED");
            record.put(
                    "symbolText",
                    new GenericData.EnumSymbol(schema.getField("symbol").schema(), "BLUE"));
            record.put("day", -1);
            record.put("millis", row == 0 ? null : -1L);
            record.put("micros", -1L);
            record.put("nanos", -1L);
            record.put(
                    "fixed",
                    new GenericData.Fixed(
                            schema.getField("fixed").schema(),
                            Decimals.widened(BigInteger.valueOf(-150).toByteArray(), 5)));
            record.put("bytes", ByteBuffer.wrap(BigInteger.valueOf(77).toByteArray()));
            record.put("hash", new GenericData.Fixed(schema.getField("hash").schema(), new byte[] {1, -1}));
        });

        List<Typed> read = all(Avro.read(in, Typed.class));
        Typed first = new Typed(
                -5,
                1.5,
                null,
                Colour.GREEN,
                Colour.RED,
                "BLUE",
                LocalDate.of(1969, 12, 31),
                null,
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.parse("1969-12-31T23:59:59.999999999Z"),
                new BigDecimal("-1.50"),
                new BigDecimal("7.7"),
                new byte[] {1, -1});
        assertThat(read.get(0)).usingRecursiveComparison().isEqualTo(first);
        assertThat(read.get(1).either).isEqualTo(3);
        assertThat(read.get(1).millis).isEqualTo(Instant.parse("1969-12-31T23:59:59.999Z"));
    }

    record Wanted(int id, String name) {}

    private String rows(int count) throws IOException {
        Schema schema = schema(field("id", "[\"null\",\"int\"]") + "," + field("name", "[\"null\",\"string\",\"int\"]")
                + "," + field("text", "\"string\""));
        return file(schema, count, (row, record) -> {
            record.put("id", row % 10 == 3 ? null : row);
            record.put("name", null);
            record.put("text", "t".repeat(row % 50));
        });
    }

    @Test
    void schemaThatDoesNotFitIsToldBeforeTheFirstRecord() throws Exception {
        record Lacking(int id, String surname) {}
        record Narrow(short id, int text) {}
        String in = rows(1);

        assertThatThrownBy(() -> Avro.read(in, Wanted.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        in + ": column name is int (expected: what fits String), in a union of [null, string, int]");
        assertThatThrownBy(() -> Avro.read(in, Lacking.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        in + ": no field surname in its schema [id, name, text] (expected: one for each component of"
                                + " Lacking [id, surname])");
        assertThatThrownBy(() -> Avro.read(in, Narrow.class).splits(1))
                .hasMessage(in + ": column text is string (expected: what fits int)");
    }

    record Texts(int id, String text) {}

    @Test
    void nullForAPrimitiveIsABadRecordAndTheNextOneIsRead() throws Exception {
        String in = rows(2000);
        List<Integer> good = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        try (SplitReader<Texts> reader = only(Avro.read(in, Texts.class).splitSize(DataSize.mebibytes(1)))) {
            while (true) {
                try {
                    Texts next = reader.next();
                    if (next == null) {
                        break;
                    }
                    good.add(next.id);
                } catch (BadRecordException e) {
                    bad.add(reader.position() + ": " + e.reason());
                }
            }
        }

        assertThat(good)
                .isEqualTo(IntStream.range(0, 2000)
                        .filter(k -> k % 10 != 3)
                        .boxed()
                        .toList());
        assertThat(bad).hasSize(200);
        assertThat(bad.get(0))
                .startsWith(in + ", record 4 of the block at byte ")
                .endsWith(": column id: null (expected: int)");
    }

    record Maybe(Integer id, String text) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 17, 1000, 2000, 7777, 40_000})
    void everyRecordComesOnceWhateverTheSplits(long size) throws Exception {
        String in = rows(size < 100 ? 100 : 3000);
        List<Maybe> expected = all(Avro.read(in, Maybe.class).splitSize(DataSize.mebibytes(1)));
        assertThat(expected).hasSize(size < 100 ? 100 : 3000);
        AvroSource<Maybe> source = Avro.read(in, Maybe.class).splitSize(new DataSize(size));

        assertThat(source.splits(3)).hasSize((int) ((Files.size(Path.of(in)) + size - 1) / size));
        assertThat(all(source, 3)).isEqualTo(expected);
    }

    @Test
    void readerSchemaGivesAliasesAndDefaults() throws Exception {
        record Renamed(Integer number, String country) {}
        String asked = """
                {"type": "record", "name": "Renamed", "aliases": ["Row"], "fields": [
                  {"name": "number", "type": ["null", "int"], "aliases": ["id"]},
                  {"name": "country", "type": "string", "default": "JP"}]}""";

        assertThat(all(Reading.shipped(Avro.read(rows(4), Renamed.class).readerSchema(asked))))
                .containsExactly(
                        new Renamed(0, "JP"), new Renamed(1, "JP"), new Renamed(2, "JP"), new Renamed(null, "JP"));
        assertThatThrownBy(() -> Avro.read("x", Wanted.class).readerSchema(asked))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no field id in its schema [number, country]");
        assertThatThrownBy(() -> Avro.read("x", Wanted.class).readerSchema("{"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("readerSchema: ");
    }

    @Test
    void otherProgramsReadWhatIsWritten() throws Exception {
        Writing.to(Avro.to(dir.resolve("out").toString(), Everything.class), Everything.random(1, 20));

        Path file = Writing.files(dir.resolve("out")).get(0);
        List<GenericRecord> read = new ArrayList<>();
        try (var reader = new org.apache.avro.file.DataFileReader<GenericRecord>(
                file.toFile(), new org.apache.avro.generic.GenericDatumReader<>())) {
            reader.forEach(read::add);
            assertThat(reader.getSchema().getFullName()).isEqualTo(Everything.class.getName());
        }
        List<Everything> written = Everything.random(1, 20);
        for (int k = 0; k < 20; k++) {
            assertThat(read.get(k).get("big")).isEqualTo(written.get(k).big());
            assertThat(read.get(k).get("matrix")).isEqualTo(written.get(k).matrix());
        }
    }
}
