package io.ghee.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.testing.Compiled;
import io.ghee.testing.Elsewhere;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordLayoutTest {
    record Scalars(boolean z, byte b, short s, char c, int i, long l, float f, double d, String text) {}

    record Arrays8(
            boolean[] z, byte[] b, short[] s, char[] c, int[] i, long[] l, float[] f, double[] d, String[] texts) {}

    record Ids(int[] ids) {}

    record Named(String name, String[] tags) {}

    record Boxed(Integer value) {}

    record Nested(Ids ids) {}

    record Matrix(int[][] cells) {}

    record Nothing() {}

    private record Hidden(int a, float b) {}

    @Test
    void scalarsComeBackAsTheyWere() {
        List<Scalars> records = List.of(
                new Scalars(true, (byte) 1, (short) 2, 'c', 3, 4, 5.5f, 6.5, "seven"),
                new Scalars(
                        false,
                        Byte.MIN_VALUE,
                        Short.MIN_VALUE,
                        Character.MAX_VALUE,
                        Integer.MIN_VALUE,
                        Long.MIN_VALUE,
                        Float.NaN,
                        Double.NEGATIVE_INFINITY,
                        ""),
                new Scalars(
                        true,
                        Byte.MAX_VALUE,
                        Short.MAX_VALUE,
                        '\0',
                        Integer.MAX_VALUE,
                        Long.MAX_VALUE,
                        -0.0f,
                        Double.MIN_VALUE,
                        "żółć 日本語 \uD83D\uDE00"));

        assertThat(roundTrip(Scalars.class, records)).isEqualTo(records);
    }

    @Test
    void denseRaggedAndEmptyArraysComeBackAsTheyWere() {
        Arrays8 empty = arrays(0);
        List<List<Arrays8>> shapes = List.of(
                List.of(arrays(3), arrays(3)),
                List.of(arrays(1), arrays(4), empty, arrays(2)),
                List.of(arrays(15), arrays(16), arrays(17), arrays(1000)),
                List.of(empty, arrays(2)),
                List.of(empty, empty, empty));

        for (List<Arrays8> records : shapes) {
            assertThat(roundTrip(Arrays8.class, records))
                    .usingRecursiveComparison()
                    .isEqualTo(records);
        }
    }

    private static Arrays8 arrays(int length) {
        boolean[] z = new boolean[length];
        byte[] b = new byte[length];
        short[] s = new short[length];
        char[] c = new char[length];
        for (int k = 0; k < length; k++) {
            z[k] = k % 2 == 0;
            b[k] = (byte) (100 + 20 * k);
            s[k] = (short) (30_000 + 2_000 * k);
            c[k] = (char) (0xFFFF - k);
        }
        return new Arrays8(
                z,
                b,
                s,
                c,
                IntStream.range(0, length).map(k -> -k).toArray(),
                IntStream.range(0, length).mapToLong(k -> Long.MAX_VALUE - k).toArray(),
                new float[length],
                IntStream.range(0, length).mapToDouble(k -> k / 3.0).toArray(),
                IntStream.range(0, length).mapToObj("é"::repeat).toArray(String[]::new));
    }

    @Test
    void noRowsMakeAnEmptyBatchOfColumns() {
        Columns columns = columns(Arrays8.class, List.of());

        assertThat(columns.rows()).isZero();
        assertThat(columns.all()).allSatisfy(column -> {
            assertThat(column.rows()).isZero();
            assertThat(column.bytes().limit()).isZero();
        });
        assertThat(RecordLayout.of(Arrays8.class).records(columns)).isEmpty();
    }

    @Test
    void aDenseColumnIsABufferThatATensorCanLieOn() {
        Column ids = columns(Ids.class, List.of(new Ids(new int[] {1, 2, 3}), new Ids(new int[] {4, 5, 6})))
                .column("ids");

        ByteBuffer bytes = ids.bytes();
        assertThat(ids.isDense()).isTrue();
        assertThat(ids.width()).isEqualTo(3);
        assertThat(bytes.isDirect()).isTrue();
        assertThat(bytes.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.position()).isZero();
        assertThat(bytes.limit()).isEqualTo(24).isEqualTo(bytes.capacity());
        int[] row = new int[6];
        ids.ints().get(row);
        assertThat(row).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(bytes.getInt(4)).isEqualTo(2);
    }

    @Test
    void everyColumnKindHasABufferOfItsExactLength() {
        Columns columns =
                columns(Scalars.class, List.of(new Scalars(true, (byte) 1, (short) 2, 'c', 3, 4, 5.5f, 6.5, "seven")));

        assertThat(columns.all()).allSatisfy(column -> {
            assertThat(column.bytes().position()).isZero();
            assertThat(column.bytes().limit())
                    .isEqualTo(
                            column.kind() == ColumnKind.STRING
                                    ? 5
                                    : column.kind().bytes());
            assertThat(column.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        });
        assertThat(columns.column("l").longs().get(0)).isEqualTo(4);
        assertThat(columns.column("f").floats().get(0)).isEqualTo(5.5f);
        assertThat(columns.column("d").doubles().get(0)).isEqualTo(6.5);
        assertThat(columns.column("l").toString()).isEqualTo("l:LONG[1, 1]");
    }

    @Test
    void readingAColumnDoesNotMoveIt() {
        Column ids = columns(Ids.class, List.of(new Ids(new int[] {1, 2}))).column("ids");

        ids.bytes().getInt();

        assertThat(ids.bytes().position()).isZero();
    }

    @Test
    void theWidthOfARaggedColumnIsRefusedWithTheRowThatDiffers() {
        Column ids = columns(Ids.class, List.of(new Ids(new int[2]), new Ids(new int[2]), new Ids(new int[1])))
                .column("ids");

        assertThat(ids.isDense()).isFalse();
        assertThatThrownBy(ids::width)
                .isInstanceOf(BadRecordException.class)
                .hasMessage("column ids: row 2 of the batch has 1 elements (expected: 2 as in row 0)");
    }

    @Test
    void rowsOfNoElementsHaveWidthZero() {
        assertThat(columns(Ids.class, List.of(new Ids(new int[0]), new Ids(new int[0])))
                        .column("ids")
                        .width())
                .isZero();
        assertThat(columns(Ids.class, List.of()).column("ids").width()).isZero();
    }

    @Test
    void aColumnOfAnotherKindOrNameIsRefused() {
        Columns columns = columns(Ids.class, List.of(new Ids(new int[2])));

        assertThatThrownBy(() -> columns.column("ids").floats())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column ids of INT (expected: FLOAT)");
        assertThatThrownBy(() -> columns.column("idz"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no column idz (expected: one of [ids])");
    }

    @Test
    void nullsAreRefusedWithComponentAndRow() {
        Named whole = new Named("a", new String[] {"b"});
        String[] torn = {"b", null};

        assertThatThrownBy(() -> RecordLayout.of(Named.class).encode(List.of(whole, new Named(null, new String[0]))))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("component name is null")
                .hasMessageContaining("in row 1 of the batch");
        assertThatThrownBy(() -> RecordLayout.of(Named.class).encode(List.of(whole, whole, new Named("a", null))))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("component tags is null")
                .hasMessageContaining("in row 2 of the batch");
        assertThatThrownBy(() -> RecordLayout.of(Named.class).encode(List.of(new Named("a", torn))))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("component tags is null, or holds a null, in row 0");
        assertThatThrownBy(() -> RecordLayout.of(Ids.class).encode(Collections.singletonList(new Ids(null))))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("component ids is null");
    }

    @Test
    void whatIsNoRecordOfPrimitivesHasNoColumns() {
        for (Class<?> type :
                List.of(Boxed.class, Nested.class, Matrix.class, Nothing.class, String.class, int.class, List.class)) {
            assertThat(RecordLayout.find(type)).as(type.getName()).isEmpty();
            assertThatThrownBy(() -> RecordLayout.of(type))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(type.getName()
                            + " has no columns (expected: a record of primitives, strings and arrays of them)");
        }
    }

    @Test
    void privateRecordsAndThoseOfOtherPackagesHaveColumns() {
        List<Hidden> hidden = List.of(new Hidden(1, 2.5f), new Hidden(3, 4.5f));
        List<Elsewhere> elsewhere = List.of(new Elsewhere(1, "one"));

        assertThat(roundTrip(Hidden.class, hidden)).isEqualTo(hidden);
        assertThat(roundTrip(Elsewhere.class, elsewhere)).isEqualTo(elsewhere);
    }

    @Test
    void recordsOfAnotherClassLoaderHaveColumns(@TempDir Path directory) throws Exception {
        String text = "public record Loaded(int id, float[] values, String name) {}";
        assertThat(Compiled.errors("Loaded", text, directory)).isEmpty();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            Class<?> type = loader.loadClass("Loaded");
            Object record = type.getConstructor(int.class, float[].class, String.class)
                    .newInstance(7, new float[] {1.5f, 2.5f}, "x");

            assertThat(roundTripOf(type, record)).usingRecursiveComparison().isEqualTo(List.of(record));
        }
    }

    @SuppressWarnings("unchecked")
    private static <T> List<T> roundTripOf(Class<T> type, Object record) {
        return roundTrip(type, List.of((T) record));
    }

    @Test
    void anEncodingTakesExactlyTheBytesMeasured() {
        RecordLayout<Named> layout = RecordLayout.of(Named.class);
        RecordLayout<Named>.Encoding encoding =
                layout.measure(List.of(new Named("abc", new String[] {"d", ""}), new Named("", new String[0])));
        ByteBuffer out = ByteBuffer.allocate(8 + encoding.bytes()).position(8);

        encoding.writeTo(out);

        assertThat(out.remaining()).isZero();
        assertThat(layout.records(layout.columns(out.flip().position(8))))
                .extracting(Named::name)
                .containsExactly("abc", "");
    }

    @Test
    void aBatchHasTwoFacesMadeFromEachOther() {
        Batch<Hidden> ofRecords = Batch.of(List.of(new Hidden(1, 2), new Hidden(3, 4)));
        assertThat(ofRecords.isColumnar()).isFalse();

        Batch<Hidden> ofColumns = Batch.of(ofRecords.layout(), ofRecords.columns());

        assertThat(ofRecords.isColumnar()).isTrue();
        assertThat(ofColumns.size()).isEqualTo(2);
        assertThat(ofColumns.records()).isEqualTo(ofRecords.records());
        assertThat(ofColumns).containsExactlyElementsOf(ofRecords);
        assertThat(RecordLayout.of(Hidden.class).components()).containsExactly("a", "b");
    }

    private static <T> List<T> roundTrip(Class<T> type, List<T> records) {
        return RecordLayout.of(type).records(columns(type, records));
    }

    private static <T> Columns columns(Class<T> type, List<T> records) {
        RecordLayout<T> layout = RecordLayout.of(type);
        return layout.columns(layout.encode(records));
    }

    @Test
    void arraysOfValuesMakeTheColumnsThatTheirRecordsMake() {
        List<Named> named = List.of(new Named("a", new String[] {"x", "y"}), new Named("", new String[0]));
        List<Scalars> scalars = List.of(
                new Scalars(true, (byte) 1, (short) 2, 'c', 3, 4, 5.5f, 6.5, "seven"),
                new Scalars(false, (byte) -1, (short) -2, 'd', -3, -4, -5.5f, -6.5, ""));

        assertThat(RecordLayout.of(Named.class)
                        .columns(List.of(new String[] {"a", ""}, new String[][] {{"x", "y"}, {}}))
                        .encoded())
                .isEqualTo(columns(Named.class, named).encoded());
        assertThat(RecordLayout.of(Scalars.class)
                        .columns(List.of(
                                new boolean[] {true, false},
                                new byte[] {1, -1},
                                new short[] {2, -2},
                                new char[] {'c', 'd'},
                                new int[] {3, -3},
                                new long[] {4, -4},
                                new float[] {5.5f, -5.5f},
                                new double[] {6.5, -6.5},
                                new String[] {"seven", ""}))
                        .encoded())
                .isEqualTo(columns(Scalars.class, scalars).encoded());
        assertThat(RecordLayout.of(Hidden.class)
                        .columns(List.of(new int[0], new float[0]))
                        .rows())
                .isZero();
    }

    @Test
    void arraysThatAreNoColumnsOfTheRecordAreRefused() {
        RecordLayout<Hidden> layout = RecordLayout.of(Hidden.class);

        assertThatThrownBy(() -> layout.columns(List.of(new int[1])))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("(expected: 2)");
        assertThatThrownBy(() -> layout.columns(List.of(new int[1], new double[1])))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("column b: double[] (expected: float[])");
        assertThatThrownBy(() -> layout.columns(List.of(new int[1], new float[2])))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("rows of column b: 2 (expected: 1)");
        assertThatThrownBy(() -> RecordLayout.of(Named.class)
                        .columns(List.of(new String[] {"a", null}, new String[][] {{}, {}})))
                .isInstanceOf(BadRecordException.class);
    }
}
