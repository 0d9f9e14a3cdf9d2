package io.ghee.io.file;

import static io.ghee.io.file.Condition.eq;
import static io.ghee.io.file.Condition.gt;
import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.only;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.BatchReader;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads files that Parquet's own example writer has written. */
class ParquetSourceTest {
    @TempDir
    Path dir;

    private String file(String schema, int rows, BiConsumer<Integer, Group> fill) throws IOException {
        return file("in.parquet", schema, rows, 1 << 20, fill);
    }

    private String file(String name, String schema, int rows, int groupBytes, BiConsumer<Integer, Group> fill)
            throws IOException {
        MessageType type = MessageTypeParser.parseMessageType(schema);
        Path path = dir.resolve(name);
        try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(new LocalOutputFile(path))
                .withType(type)
                .withRowGroupSize((long) groupBytes)
                .withPageSize(1024)
                .withMinRowCountForPageSizeCheck(10)
                .withCompressionCodec(CompressionCodecName.SNAPPY)
                .build()) {
            for (int row = 0; row < rows; row++) {
                Group group = new SimpleGroup(type);
                fill.accept(row, group);
                writer.write(group);
            }
        }
        return path.toString();
    }

    record Times(Instant millis, Instant micros, Instant nanos, Instant old, LocalDate day) {}

    @Test
    void timesOfEveryUnitAreRead() throws Exception {
        byte[] int96 = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(12L * 3600 * 1_000_000_000 + 5)
                .putInt(2_440_589)
                .array();
        String in = file(
                """
                message m {
                  required int64 millis (TIMESTAMP(MILLIS,true));
                  required int64 micros (TIMESTAMP(MICROS,true));
                  required int64 nanos (TIMESTAMP(NANOS,true));
                  required int96 old;
                  required int32 day (DATE);
                }""",
                1,
                (row, group) -> group.append("millis", -1L)
                        .append("micros", -1L)
                        .append("nanos", -1L)
                        .append("old", Binary.fromConstantByteArray(int96))
                        .append("day", -1));

        assertThat(all(Parquet.read(in, Times.class)))
                .containsExactly(new Times(
                        Instant.parse("1969-12-31T23:59:59.999Z"),
                        Instant.parse("1969-12-31T23:59:59.999999Z"),
                        Instant.parse("1969-12-31T23:59:59.999999999Z"),
                        Instant.parse("1970-01-02T12:00:00.000000005Z"),
                        LocalDate.of(1969, 12, 31)));
    }

    record Numbers(
            short ubyte,
            long uint,
            double fromInt,
            double fromFloat,
            long fromShort,
            BigDecimal d32,
            BigDecimal d64,
            BigDecimal binary,
            BigDecimal fixed,
            String bare,
            byte[] raw) {}

    @Test
    void numbersAreWidenedAndDecimalsReadHoweverTheyAreStored() throws Exception {
        String in = file(
                """
                message m {
                  required int32 ubyte (INTEGER(8,false));
                  required int32 uint (INTEGER(32,false));
                  required int32 fromInt;
                  required float fromFloat;
                  required int32 fromShort (INTEGER(16,true));
                  required int32 d32 (DECIMAL(5,2));
                  required int64 d64 (DECIMAL(15,3));
                  required binary binary (DECIMAL(20,1));
                  required fixed_len_byte_array(9) fixed (DECIMAL(20,0));
                  required binary bare;
                  required fixed_len_byte_array(3) raw;
                }""",
                1,
                (row, group) -> group.append("ubyte", 255)
                        .append("uint", -1)
                        .append("fromInt", -7)
                        .append("fromFloat", 0.5f)
                        .append("fromShort", -3)
                        .append("d32", -12345)
                        .append("d64", 1L)
                        .append(
                                "binary",
                                Binary.fromConstantByteArray(
                                        BigInteger.valueOf(-1000).toByteArray()))
                        .append(
                                "fixed",
                                Binary.fromConstantByteArray(
                                        Decimals.widened(BigInteger.valueOf(-2).toByteArray(), 9)))
                        .append("bare", "text")
                        .append("raw", Binary.fromConstantByteArray(new byte[] {1, 2, 3})));

        Numbers read = all(Parquet.read(in, Numbers.class)).get(0);
        assertThat(read)
                .usingRecursiveComparison()
                .isEqualTo(new Numbers(
                        (short) 255,
                        4_294_967_295L,
                        -7,
                        0.5,
                        -3,
                        new BigDecimal("-123.45"),
                        new BigDecimal("0.001"),
                        new BigDecimal("-100.0"),
                        new BigDecimal("-2"),
                        "text",
                        new byte[] {1, 2, 3}));
    }

    record Pair(int a, String b) {}

    record Lists(
            List<Integer> three,
            List<Integer> two,
            List<Pair> tuples,
            List<Pair> array,
            int[] bare,
            List<Pair> groups,
            List<List<Integer>> nested) {}

    @Test
    void listsOfWritersOldAndNewAreRead() throws Exception {
        String in = file("""
                message m {
                  optional group three (LIST) { repeated group list { optional int32 element; } }
                  optional group two (LIST) { repeated int32 element; }
                  optional group tuples (LIST) { repeated group tuples_tuple { required int32 a; optional binary b; } }
                  optional group array (LIST) { repeated group array { required int32 a; required binary b; } }
                  repeated int32 bare;
                  repeated group groups { required int32 a; optional binary b; }
                  optional group nested (LIST) {
                    repeated group list {
                      optional group element (LIST) { repeated group list { optional int32 element; } }
                    }
                  }
                }""", 3, (row, group) -> {
            if (row == 1) {
                return;
            }
            Group three = group.addGroup("three");
            three.addGroup("list").append("element", 1);
            three.addGroup("list");
            group.addGroup("two").append("element", 2).append("element", 3);
            group.addGroup("tuples").addGroup("tuples_tuple").append("a", 4);
            group.addGroup("array").addGroup("array").append("a", 5).append("b", "five");
            group.append("bare", 6).append("bare", 7);
            group.addGroup("groups").append("a", 8);
            group.addGroup("groups").append("a", 9).append("b", "nine");
            Group nested = group.addGroup("nested");
            nested.addGroup("list").addGroup("element").addGroup("list").append("element", 10);
            nested.addGroup("list");
            nested.addGroup("list").addGroup("element");
        });

        Lists full = new Lists(
                Arrays.asList(1, null),
                List.of(2, 3),
                List.of(new Pair(4, null)),
                List.of(new Pair(5, "five")),
                new int[] {6, 7},
                List.of(new Pair(8, null), new Pair(9, "nine")),
                Arrays.asList(List.of(10), null, List.of()));
        Lists empty = new Lists(null, null, null, null, new int[0], List.of(), null);
        Everything.assertSame(all(Parquet.read(in, Lists.class)), List.of(full, empty, full));
    }

    private static final String PEOPLE = """
            message m {
              required int32 id;
              optional binary name (STRING);
              optional group address {
                optional binary city (STRING);
                required group place { required double lat; optional double lon; }
              }
              optional int32 age;
            }""";

    private String people(int rows) throws IOException {
        return file(PEOPLE, rows, (row, group) -> {
            group.append("id", row);
            if (row % 3 > 0) {
                Group address = group.append("name", "n" + row).addGroup("address");
                address.append("city", "c" + row % 5)
                        .addGroup("place")
                        .append("lat", row / 2.0)
                        .append("lon", -row / 2.0);
                group.append("age", row % 300);
            }
        });
    }

    record Flat(int id, String city, Double latitude) {}

    record Place(double lat, Double lon) {}

    record Address(Place place) {}

    record Nested(int id, Address address) {}

    @Test
    void columnsInGroupsAreReadByTheirDottedNames() throws Exception {
        ParquetSource<Flat> source = Parquet.read(people(4), Flat.class)
                .column("city", "address.city")
                .column("latitude", "address.place.lat");

        assertThat(all(source))
                .containsExactly(
                        new Flat(0, null, null),
                        new Flat(1, "c1", 0.5),
                        new Flat(2, "c2", 1.0),
                        new Flat(3, null, null));
    }

    @Test
    void groupsBecomeRecordsOfWhatIsWanted() throws Exception {
        assertThat(all(Parquet.read(people(3), Nested.class).where(gt("address.place.lon", -0.75))))
                .containsExactly(new Nested(1, new Address(new Place(0.5, -0.5))));
    }

    @Test
    void whatTheSchemaLacksOrHasOtherwiseIsToldBeforeTheFirstRecord() throws Exception {
        record Wrong(int id, long name) {}
        record Lacking(int id, String surname) {}
        record Grouped(int id, String address) {}
        record Deeper(int id, Within address) {
            record Within(int zip) {}
        }
        String in = people(1);

        assertThatThrownBy(() -> Parquet.read(in, Wrong.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(in + ": column name is BINARY (STRING) (expected: what fits long)");
        assertThatThrownBy(() -> Parquet.read(in, Lacking.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(in + ": no column surname in its schema [id, name, address, age] (expected: one for each"
                        + " component of Lacking [id, surname])");
        assertThatThrownBy(() -> Parquet.read(in, Grouped.class).splits(1))
                .hasMessage(in + ": column address is a group (expected: what fits String)");
        assertThatThrownBy(() -> Parquet.read(in, Deeper.class).splits(1))
                .hasMessageContaining(
                        "no column address.zip in its schema [city, place] (expected: one for each component of Within [zip])");
        assertThatThrownBy(() ->
                        Parquet.read(in, Flat.class).column("city", "name.city").splits(1))
                .hasMessageContaining("column name is BINARY (STRING) (expected: a group, for a column in it)");
        assertThatThrownBy(() -> Parquet.read(in, Flat.class).column("town", "address.city"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("component: town (expected: one of Flat [id, city, latitude])");
        assertThatThrownBy(() -> Parquet.read(in, Flat.class).column("city", "id"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected: different columns");
    }

    @Test
    void conditionsThatDoNotFitAreToldBeforeTheFirstRecord() throws Exception {
        record Id(int id) {}
        String in = people(1);
        ParquetSource<Id> source = Parquet.read(in, Id.class);

        assertThatThrownBy(() -> source.where(eq("surname", "x")).splits(1))
                .hasMessageContaining("no column surname in its schema [id, name, address, age]");
        assertThatThrownBy(() -> source.where(eq("name", 3)).splits(1))
                .hasMessage(in + ": column name is BINARY (STRING), and is compared with 3 (expected: a String)");
        assertThatThrownBy(() -> source.where(eq("id", 3L << 40)).splits(1)).hasMessageContaining("(expected: an int)");
        assertThatThrownBy(() -> source.where(gt("address", 3)).splits(1))
                .hasMessageContaining("is a group (expected: a column of single values, for the condition)");
        assertThatThrownBy(
                        () -> source.where(gt("address.place.lat", Double.NaN)).splits(1))
                .hasMessageContaining("compared with NaN (expected: a number)");
    }

    record Person(int id, String name, int age) {
        Person {
            if (age == 200) {
                throw new IllegalArgumentException("too old");
            }
        }
    }

    @Test
    void rowThatDoesNotFitIsBadAndTheNextOneIsRead() throws Exception {
        String in = people(300);
        List<Integer> good = new ArrayList<>();
        List<String> bad = new ArrayList<>();
        try (SplitReader<Person> reader = only(Parquet.read(in, Person.class))) {
            while (true) {
                try {
                    Person next = reader.next();
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
                .isEqualTo(IntStream.range(0, 300)
                        .filter(k -> k % 3 > 0 && k != 200)
                        .boxed()
                        .toList());
        assertThat(bad)
                .hasSize(101)
                .startsWith(in + ", row 1: column age: null (expected: int)")
                .contains(in + ", row 201: Person refuses it: too old");
    }

    @Test
    void valuesThatAreTooBigAndNamesThatAreUnknownAreBad() throws Exception {
        enum Size {
            SMALL,
            LARGE
        }
        record Sized(byte count, Size size) {}
        String in = file(
                "message m { required int32 count; required binary size (ENUM); }",
                4,
                (row, group) ->
                        group.append("count", row == 1 ? 128 : -128).append("size", row == 2 ? "HUGE" : "LARGE"));
        List<String> seen = new ArrayList<>();
        try (SplitReader<Sized> reader = only(Parquet.read(in, Sized.class))) {
            for (int k = 0; k < 4; k++) {
                try {
                    seen.add(String.valueOf(reader.next()));
                } catch (BadRecordException e) {
                    seen.add(e.reason());
                }
            }
        }

        assertThat(seen)
                .containsExactly(
                        "Sized[count=-128, size=LARGE]",
                        "column count: 128 (expected: byte)",
                        "column size: HUGE (expected: one of [SMALL, LARGE])",
                        "Sized[count=-128, size=LARGE]");
        // What is wrong with rows that nobody wants does not matter.
        assertThat(all(Parquet.read(in, Sized.class).where(eq("count", -128)).where(eq("size", Size.LARGE))))
                .containsExactly(new Sized((byte) -128, Size.LARGE), new Sized((byte) -128, Size.LARGE));
    }

    /** Forty columns, of which column {@code k} has a multiple of the row's number plus {@code k}. */
    private String wide(int rows, int groupBytes) throws IOException {
        StringBuilder schema = new StringBuilder("message m {");
        IntStream.range(0, 40)
                .forEach(k -> schema.append(" required int64 c").append(k).append(';'));
        return file("wide.parquet", schema + " }", rows, groupBytes, (row, group) -> {
            for (int k = 0; k < 40; k++) {
                group.append("c" + k, (long) row * 0x9E37_79B9L + k);
            }
        });
    }

    record Four(long c3, long c17, long c18, long c39) {}

    private record Read<T>(long first, List<T> records, long bytes) {}

    private static <T extends Record> Read<T> read(ParquetSource<T> source, String path, long place) throws Exception {
        ParquetInput input = new ParquetInput(path);
        List<T> records = new ArrayList<>();
        long first;
        try (SplitReader<T> reader = source.open(new FileSplit(path), input, place)) {
            first = reader.place(0);
            for (T next = reader.next(); next != null; next = reader.next()) {
                records.add(next);
            }
        }
        return new Read<>(first, records, input.bytesRead());
    }

    /** With {@code -Dghee.wide.rows=6500000}, of a file of 2 GB. */
    @Test
    void onlyTheWantedColumnsAreReadFromStorage() throws Exception {
        int rows = Integer.getInteger("ghee.wide.rows", 20_000);
        String in = wide(rows, rows * 40);
        long wanted;
        try (ParquetFileReader file = ParquetFileReader.open(new LocalInputFile(Path.of(in)))) {
            wanted = file.getFooter().getBlocks().stream()
                    .flatMap(block -> block.getColumns().stream())
                    .filter(column -> List.of("c3", "c17", "c18", "c39")
                            .contains(column.getPath().toDotString()))
                    .mapToLong(ColumnChunkMetaData::getTotalSize)
                    .sum();
        }
        ParquetInput input = new ParquetInput(in);
        long read = 0;
        try (SplitReader<Four> reader = Parquet.read(in, Four.class).open(new FileSplit(in), input, 0)) {
            for (Four next = reader.next(); next != null; next = reader.next()) {
                long first = read++ * 0x9E37_79B9L;
                assertThat(next).isEqualTo(new Four(first + 3, first + 17, first + 18, first + 39));
            }
        }

        assertThat(read).isEqualTo(rows);
        assertThat(input.bytesRead()).isBetween(wanted, wanted + wanted * 15 / 100);
        assertThat(wanted).isLessThan(Files.size(Path.of(in)) / 8);
    }

    @Test
    void rowGroupsBeforeThePlaceAreNotRead() throws Exception {
        String in = wide(5_000, 64 << 10);
        ParquetSource<Four> source = Parquet.read(in, Four.class);
        Read<Four> whole = read(source, in, 0);

        Read<Four> rest = read(source, in, 4_000);

        assertThat(rest.first).isBetween(3_000L, 4_000L);
        assertThat(rest.records).isEqualTo(whole.records.subList((int) rest.first, 5_000));
        assertThat(rest.bytes).isLessThan(whole.bytes * 2 / 3);
        assertThat(read(source, in, 5_000).records).isEmpty();
        // Places are counted without the rows that a condition takes out.
        assertThat(read(source.where(gt("c3", 100L)), in, 4_000).first).isZero();
    }

    @Test
    void everyRowComesOnceWhateverTheSplits() throws Exception {
        String in = wide(5_000, 64 << 10);
        List<Four> expected = all(Parquet.read(in, Four.class).splitSize(DataSize.mebibytes(100)));
        assertThat(expected).hasSize(5_000).doesNotHaveDuplicates();

        for (long size : new long[] {10_000, 77_777, 300_000, Files.size(Path.of(in)) - 1}) {
            ParquetSource<Four> source = Parquet.read(in, Four.class).splitSize(new DataSize(size));
            List<? extends Split> splits = source.splits(4);
            assertThat(splits).hasSizeGreaterThan(1);
            assertThat(all(source, 4)).as("splits of %d", size).isEqualTo(expected);
        }
    }

    record Wide(long c0, long c39) {
        Wide {
            if (c0 == 7 * 0x9E37_79B9L) {
                throw new IllegalArgumentException("the seventh");
            }
        }
    }

    @Test
    void columnsAreHandedOnAsTheyAreAndNoRecordIsMadeOfThem() throws Exception {
        String in = wide(5_000, 64 << 10);
        List<Long> seen = new ArrayList<>();
        try (BatchReader<Wide> reader =
                (BatchReader<Wide>) only(Parquet.read(in, Wide.class).columnar().splitSize(DataSize.mebibytes(100)))) {
            for (Batch<Wide> next = reader.nextBatch(300); next != null; next = reader.nextBatch(300)) {
                assertThat(next.size()).isBetween(1, 300);
                for (int row = 0; row < next.size(); row++) {
                    seen.add(next.columns().column("c0").longs().get(row));
                    assertThat(next.columns().column("c39").longs().get(row)).isEqualTo(seen.get(seen.size() - 1) + 39);
                }
            }
            assertThat(reader.next()).isNull();
        }

        assertThat(seen)
                .isEqualTo(IntStream.range(0, 5_000)
                        .mapToObj(row -> row * 0x9E37_79B9L)
                        .toList());
    }

    record Mixed(
            boolean flag, int number, long big, float single, double wide, String text, byte[] raw, String maybe) {}

    /** Every kind that columns have; of {@code maybe}, a value is lacking in some stretches. */
    private String mixed(int rows) throws IOException {
        return file("mixed.parquet", """
                message m {
                  required boolean flag;
                  required int32 number;
                  required int64 big;
                  required float single;
                  required float wide;
                  required binary text (STRING);
                  required binary raw;
                  optional binary maybe (STRING);
                }""", rows, 32 << 10, (row, group) -> {
            group.append("flag", row % 3 == 0)
                    .append("number", row % 7)
                    .append("big", (long) row << 33)
                    .append("single", row / 3f)
                    .append("wide", row % 5 / 4f)
                    .append("text", "t" + row % 11)
                    .append("raw", Binary.fromConstantByteArray(new byte[row % 4]));
            if (row % 5_000 < 4_000) {
                group.append("maybe", "m" + row);
            }
        });
    }

    @Test
    void batchesAndRecordsOfOneReaderAreAllRowsInTheirOrder() throws Exception {
        String in = mixed(12_000);
        ParquetSource<Mixed> source = Parquet.read(in, Mixed.class).splitSize(DataSize.mebibytes(100));
        List<Mixed> expected = all(source);
        Random random = new Random(5);
        List<Mixed> read = new ArrayList<>();
        int batches = 0;
        try (BatchReader<Mixed> reader = (BatchReader<Mixed>) only(source.columnar())) {
            while (read.size() < expected.size()) {
                Batch<Mixed> batch = random.nextInt(3) == 0 ? null : reader.nextBatch(1 + random.nextInt(3_000));
                if (batch == null) {
                    read.add(reader.next());
                } else {
                    batches++;
                    batch.forEach(read::add);
                }
            }
            assertThat(reader.nextBatch(10)).isNull();
            assertThat(reader.next()).isNull();
        }

        assertThat(batches).isGreaterThan(4);
        Everything.assertSame(read, expected);
    }

    @Test
    void whereColumnsCannotBeHandedOnThereAreRecords() throws Exception {
        record Id(int id) {}
        String in = people(50);

        for (ParquetSource<?> source : List.of(
                Parquet.read(in, Id.class),
                Parquet.read(in, Id.class).where(gt("id", 3)).columnar(),
                Parquet.read(in, Flat.class)
                        .column("city", "address.city")
                        .column("latitude", "address.place.lat")
                        .columnar())) {
            try (BatchReader<?> reader = (BatchReader<?>) only(source)) {
                assertThat(reader.nextBatch(10)).isNull();
                assertThat(reader.next()).isNotNull();
            }
        }
    }
}
