package io.ghee.io.file;

import static io.ghee.io.file.Condition.eq;
import static io.ghee.io.file.Condition.ge;
import static io.ghee.io.file.Condition.gt;
import static io.ghee.io.file.Condition.in;
import static io.ghee.io.file.Condition.isNull;
import static io.ghee.io.file.Condition.le;
import static io.ghee.io.file.Condition.lt;
import static io.ghee.io.file.Condition.not;
import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.DataSize;
import io.ghee.source.SplitReader;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conditions select the rows of which they are true, and no storage that has none is read. */
class ConditionTest {
    @TempDir
    Path dir;

    enum Kind {
        OLD,
        NEW
    }

    record Row(
            int id,
            Integer number,
            Long big,
            Float single,
            Double twice,
            Boolean flag,
            String text,
            Kind kind,
            LocalDate day,
            Instant time,
            BigDecimal price) {}

    private static List<Row> rows(Random random, int count) {
        List<Row> rows = new ArrayList<>();
        for (int id = 0; id < count; id++) {
            rows.add(new Row(
                    id,
                    maybe(random, random.nextInt(20)),
                    maybe(random, (long) id / 100),
                    maybe(random, random.nextInt(9) == 0 ? Float.NaN : random.nextInt(10) / 4f),
                    maybe(random, random.nextInt(9) == 0 ? Double.NaN : random.nextInt(10) / 4.0),
                    maybe(random, random.nextBoolean()),
                    maybe(random, String.valueOf((char) ('a' + random.nextInt(8)))),
                    maybe(random, Kind.values()[random.nextInt(2)]),
                    maybe(random, LocalDate.ofEpochDay(random.nextInt(10))),
                    maybe(random, Instant.ofEpochSecond(id)),
                    maybe(random, BigDecimal.valueOf(random.nextInt(10) - 5, 2))));
        }
        return rows;
    }

    private static <V> V maybe(Random random, V value) {
        return random.nextInt(6) == 0 ? null : value;
    }

    /** What SQL makes of it: null where it is unknown. */
    private static Boolean holds(Condition condition, Row row) {
        if (condition instanceof Condition.Not not) {
            Boolean inner = holds(not.condition(), row);
            return inner == null ? null : !inner;
        } else if (condition instanceof Condition.And and) {
            return junction(holds(and.left(), row), holds(and.right(), row), false);
        } else if (condition instanceof Condition.Or or) {
            return junction(holds(or.left(), row), holds(or.right(), row), true);
        } else if (condition instanceof Condition.Null isNull) {
            return COLUMNS.get(isNull.column()).apply(row) == null;
        } else if (condition instanceof Condition.In in) {
            Object value = known(COLUMNS.get(in.column()).apply(row));
            return value == null ? null : in.values().stream().anyMatch(each -> compared(value, each) == 0);
        }
        Condition.Compare compare = (Condition.Compare) condition;
        Object value = known(COLUMNS.get(compare.column()).apply(row));
        if (value == null) {
            return null;
        }
        int compared = compared(value, compare.value());
        return switch (compare.operator()) {
            case EQ -> compared == 0;
            case NE -> compared != 0;
            case LT -> compared < 0;
            case LE -> compared <= 0;
            case GT -> compared > 0;
            case GE -> compared >= 0;
        };
    }

    private static Object known(Object value) {
        return value instanceof Number number && Double.isNaN(number.doubleValue()) ? null : value;
    }

    @SuppressWarnings("unchecked")
    private static int compared(Object left, Object right) {
        if (left instanceof Kind kind) {
            return kind.name().compareTo(String.valueOf(right));
        }
        return ((Comparable<Object>) left).compareTo(right);
    }

    private static Boolean junction(Boolean left, Boolean right, boolean decisive) {
        if (left == null || right == null) {
            Boolean known = left == null ? right : left;
            return known != null && known == decisive ? decisive : null;
        }
        return decisive ? left || right : left && right;
    }

    private static final java.util.Map<String, Function<Row, Object>> COLUMNS = java.util.Map.of(
            "number", Row::number,
            "big", Row::big,
            "single", Row::single,
            "twice", Row::twice,
            "flag", Row::flag,
            "text", Row::text,
            "kind", Row::kind,
            "day", Row::day,
            "time", Row::time,
            "price", Row::price);

    private static Condition condition(Random random, List<Row> rows, int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            Condition left = condition(random, rows, depth - 1);
            return switch (random.nextInt(3)) {
                case 0 -> not(left);
                case 1 -> left.and(condition(random, rows, depth - 1));
                default -> left.or(condition(random, rows, depth - 1));
            };
        }
        List<String> names = COLUMNS.keySet().stream().sorted().toList();
        String name = names.get(random.nextInt(names.size()));
        Object value = value(random, rows, name);
        if (name.equals("flag")) {
            return random.nextBoolean() ? eq(name, value) : in(name, value, true);
        }
        return switch (random.nextInt(7)) {
            case 0 -> eq(name, value);
            case 1 -> lt(name, value);
            case 2 -> le(name, value);
            case 3 -> gt(name, value);
            case 4 -> ge(name, value);
            case 5 -> in(name, value, value(random, rows, name), value(random, rows, name));
            default -> isNull(name);
        };
    }

    private static Object value(Random random, List<Row> rows, String name) {
        Object value = null;
        while (known(value) == null) {
            value = COLUMNS.get(name).apply(rows.get(random.nextInt(rows.size())));
        }
        return value;
    }

    @Test
    void exactlyTheRowsOfWhichItIsTrueAreRead() throws Exception {
        int some = 0;
        for (long seed = 0; seed < 4; seed++) {
            Random random = new Random(seed);
            List<Row> rows = rows(random, 1500);
            String out = dir.resolve("out" + seed).toString();
            Writing.to(Parquet.to(out, Row.class).targetSize(DataSize.parse("8Ki")), rows);
            for (int k = 0; k < 60; k++) {
                Condition condition = condition(random, rows, 3);
                List<Row> expected = rows.stream()
                        .filter(row -> Boolean.TRUE.equals(holds(condition, row)))
                        .toList();
                some += expected.isEmpty() || expected.size() == rows.size() ? 0 : 1;

                List<Row> read = all(shipped(Parquet.read(out, Row.class).where(condition)), 2);

                assertThat(ids(read)).as("seed %d: %s", seed, condition).isEqualTo(ids(expected));
            }
        }
        assertThat(some).as("conditions of which some rows are true").isGreaterThan(120);
    }

    private static List<Integer> ids(List<Row> rows) {
        return rows.stream().map(Row::id).toList();
    }

    record Id(int id) {}

    private String sorted(int rows, long groupBytes) throws Exception {
        MessageType type = MessageTypeParser.parseMessageType(
                "message m { required int32 id; required binary word (STRING); required int64 random; }");
        Path path = dir.resolve("sorted" + groupBytes);
        Random random = new Random(1);
        try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(new LocalOutputFile(path))
                .withType(type)
                .withRowGroupSize(groupBytes)
                .withPageSize(1024)
                .withMinRowCountForPageSizeCheck(10)
                .build()) {
            for (int row = 0; row < rows; row++) {
                // Every second word, so that what is between two can be asked for.
                writer.write(new SimpleGroup(type)
                        .append("id", row)
                        .append("word", row / 1000 % 2 == 0 ? "even" : "odd")
                        .append("random", random.nextLong()));
            }
        }
        return path.toString();
    }

    private record Bytes<T>(List<T> records, long count) {}

    private static <T extends Record> Bytes<T> read(ParquetSource<T> source, String path) throws Exception {
        ParquetInput input = new ParquetInput(path);
        List<T> records = new ArrayList<>();
        try (SplitReader<T> reader = source.open(new FileSplit(path), input, 0)) {
            for (T next = reader.next(); next != null; next = reader.next()) {
                records.add(next);
            }
        }
        return new Bytes<>(records, input.bytesRead());
    }

    record Random3(int id, long random) {}

    @Test
    void rowGroupsWithoutARowAreNotRead() throws Exception {
        String path = sorted(40_000, 64 << 10);
        ParquetSource<Random3> source = Parquet.read(path, Random3.class);
        Bytes<Random3> whole = read(source, path);

        Bytes<Random3> few = read(source.where(ge("id", 39_990)), path);
        Bytes<Random3> none = read(source.where(eq("id", 40_000)), path);

        assertThat(few.records).isEqualTo(whole.records.subList(39_990, 40_000));
        assertThat(few.count).isLessThan(whole.count / 4);
        assertThat(none.records).isEmpty();
        assertThat(none.count).isLessThan(whole.count / 8);
    }

    @Test
    void valueThatIsInNoDictionaryCostsNoPage() throws Exception {
        String path = sorted(40_000, 1 << 20);
        ParquetSource<Random3> source = Parquet.read(path, Random3.class);
        Bytes<Random3> whole = read(source, path);

        // It lies between the least and the greatest word, so that statistics do not tell.
        Bytes<Random3> none = read(source.where(eq("word", "nothing")), path);

        assertThat(none.records).isEmpty();
        assertThat(none.count).isLessThan(whole.count / 20);
    }

    @Test
    void pagesWithoutARowAreNotReadAndRowsKeepTheirNumbers() throws Exception {
        String path = sorted(40_000, 128 << 20);
        ParquetSource<Random3> source = Parquet.read(path, Random3.class);
        Bytes<Random3> whole = read(source, path);

        Condition two = eq("id", 17).or(eq("id", 20_017));
        Bytes<Random3> few = read(source.where(two), path);

        assertThat(few.records).containsExactly(whole.records.get(17), whole.records.get(20_017));
        assertThat(few.count).isLessThan(whole.count / 5);
        try (SplitReader<Random3> reader = source.where(two).open(new FileSplit(path), new ParquetInput(path), 0)) {
            reader.next();
            assertThat(reader.position()).isEqualTo(path + ", row 18");
            reader.next();
            assertThat(reader.position()).isEqualTo(path + ", row 20018");
        }
    }
}
