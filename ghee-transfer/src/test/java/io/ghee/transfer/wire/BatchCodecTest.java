package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.transfer.wire.BatchHeader.Codec;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BatchCodecTest {
    record Rating(int user, int movie, float stars) {}

    record Titled(long id, String title, String[] tags) {}

    record Nested(String name, Rating rating, List<String> words) {}

    record Empty() {}

    static final class Plain {
        final int number;
        final Plain next;

        Plain(int number, Plain next) {
            this.number = number;
            this.next = next;
        }
    }

    record Refusing(int number) {
        Refusing {
            if (number < 0) {
                throw new IllegalArgumentException("number: " + number);
            }
        }
    }

    record Counting(int number) {
        private static final AtomicInteger READ = new AtomicInteger();

        @Override
        public int number() {
            READ.incrementAndGet();
            return number;
        }
    }

    private static final int LARGEST = 1 << 24;

    private static final List<Rating> RATINGS =
            IntStream.range(0, 100).mapToObj(k -> new Rating(k, -k, k / 2f)).toList();

    private final BatchCodec sender = new BatchCodec(LARGEST);
    private final BatchCodec receiver = new BatchCodec(LARGEST);

    private ByteBuffer encode(Batch<?> batch) {
        return encode(batch, Origins.NONE);
    }

    private ByteBuffer encode(Batch<?> batch, Origins origins) {
        BatchCodec.Measured measured = sender.measure(batch, origins);
        // A buffer of the pool is longer than what lies in it, and has had others in it.
        ByteBuffer buffer = ByteBuffer.allocateDirect(Math.max(4096, measured.bytes()));
        while (buffer.hasRemaining()) {
            buffer.put((byte) 0xAA);
        }
        measured.writeTo(buffer.clear());
        assertThat(buffer.position()).isEqualTo(measured.bytes());
        return buffer.flip();
    }

    private static Codec codec(ByteBuffer body) {
        return BatchHeader.read(body.duplicate().order(ByteOrder.LITTLE_ENDIAN), 0)
                .codec();
    }

    private Batch<?> decode(ByteBuffer body) {
        return receiver.read(1, body).get(0).batch();
    }

    private Batch<?> across(Batch<?> batch, Codec codec) {
        ByteBuffer body = encode(batch);
        assertThat(codec(body)).isEqualTo(codec);
        return decode(body);
    }

    @Test
    void recordsOfPlainComponentsTravelAsColumns() {
        Batch<?> batch = across(Batch.of(RATINGS), Codec.COLUMNAR);

        assertThat(batch.isColumnar()).isTrue();
        assertThat(batch.records()).isEqualTo(RATINGS);
    }

    @Test
    void severalBatchesLieBehindEachOtherAtMultiplesOfEight() {
        ByteBuffer body = ByteBuffer.allocateDirect(1 << 16);
        List<List<?>> all = List.of(List.of("a", 1), RATINGS, List.of(), List.of("odd"), RATINGS.subList(0, 3));
        for (List<?> records : all) {
            sender.measure(Batch.of(records), Origins.of(new long[records.size()], null))
                    .writeTo(body);
            assertThat(body.position() % 8).isZero();
        }

        List<BatchCodec.Written> written = receiver.read(all.size(), body.flip());

        for (int k = 0; k < all.size(); k++) {
            Batch<?> batch = written.get(k).batch();
            assertThat(batch.records()).isEqualTo(all.get(k));
            assertThat(written.get(k).origins().rows()).isEqualTo(batch.size());
            if (batch.isColumnar()) {
                ByteBuffer columns = batch.columns().encoded();
                assertThat(columns.alignedSlice(8).remaining()).isEqualTo(columns.remaining());
            }
        }
    }

    @Test
    void aBatchIsWrittenAsOftenAsIsAsked() {
        Batch<?> received = across(Batch.of(RATINGS), Codec.COLUMNAR);
        for (Batch<?> batch : List.of(Batch.of(RATINGS), received, Batch.of(List.of("a", "b")))) {
            BatchCodec.Measured measured = sender.measure(batch, Origins.NONE);
            for (int k = 0; k < 3; k++) {
                ByteBuffer body = ByteBuffer.allocateDirect(measured.bytes());
                measured.writeTo(body);
                assertThat(decode(body.flip()).records()).isEqualTo(batch.records());
            }
        }
    }

    @Test
    void aPreparedBatchIsEncodedOnce() {
        Batch<?> batch = Batch.of(List.of(new Counting(1), new Counting(2)));
        Counting.READ.set(0);
        sender.prepare(batch);
        int once = Counting.READ.get();
        for (int consumer = 0; consumer < 3; consumer++) {
            Origins origins = Origins.of(new long[] {7, 8}, new long[] {consumer, consumer});
            ByteBuffer body = encode(batch.share(), origins);
            assertThat(receiver.read(1, body).get(0).origins().path(1)).isEqualTo(consumer);
            assertThat(decode(body).records()).isEqualTo(batch.records());
        }
        assertThat(Counting.READ.get()).isEqualTo(once).isGreaterThan(1);
    }

    @Test
    void whatWasPreparedIsOfThatBatchAlone() {
        Batch<?> first = Batch.of(List.of(new Rating(1, 2, 3)));
        sender.prepare(first);
        assertThat(across(Batch.of(RATINGS), Codec.COLUMNAR).records()).isEqualTo(RATINGS);

        sender.prepare(Batch.of(RATINGS));
        assertThat(across(first, Codec.COLUMNAR).records()).isEqualTo(first.records());

        Batch<?> withNull = Batch.of(List.of(new Titled(1, null, new String[0])));
        sender.prepare(withNull);
        assertThat(across(withNull, Codec.KRYO).records())
                .usingRecursiveComparison()
                .isEqualTo(withNull.records());
    }

    @Test
    void aBatchThatIsTooLongIsRefused() {
        BatchCodec small = new BatchCodec(2000);
        assertThatThrownBy(() -> small.measure(Batch.of(List.of("x".repeat(2000))), Origins.NONE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a batch of 1 records takes 20")
                .hasMessageContaining("(expected: <= 2000 bytes; use smaller batches)");
        // Few bytes, but many ids.
        long[] many = LongStream.range(0, 300).toArray();
        assertThatThrownBy(() -> small.measure(Batch.of(List.of("x")), Origins.of(many, null)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("300 origins");
    }

    @Test
    void stringsAndArraysOfThemTravelAsColumns() {
        List<Titled> titled = List.of(
                new Titled(1, "Amélie", new String[] {"romance", "日本"}),
                new Titled(2, "", new String[0]),
                new Titled(3, "M", new String[] {""}));

        assertThat(across(Batch.of(titled), Codec.COLUMNAR).records())
                .usingRecursiveComparison()
                .isEqualTo(titled);
    }

    @Test
    void aColumnarBatchIsPassedOnAsItIs() {
        Batch<?> received = across(Batch.of(RATINGS), Codec.COLUMNAR);

        Batch<?> again = across(received, Codec.COLUMNAR);

        assertThat(again.records()).isEqualTo(RATINGS);
        assertThat(again.columns().encoded()).isEqualTo(received.columns().encoded());
        assertThat(received.columns().encoded().position()).isZero();
    }

    @Test
    void aNullStringMakesTheBatchTravelObjectByObject() {
        List<Titled> titled = List.of(new Titled(1, null, new String[] {null}), new Titled(2, "two", null));

        assertThat(across(Batch.of(titled), Codec.KRYO).records())
                .usingRecursiveComparison()
                .isEqualTo(titled);
    }

    @Test
    void mixedClassesTravelObjectByObject() {
        List<Object> mixed = Arrays.asList(
                new Rating(1, 2, 3), new Titled(1, "t", new String[] {"x"}), "text", 17, null, List.of(1, 2), 'c');

        assertThat(across(Batch.of(mixed), Codec.KRYO).records())
                .usingRecursiveComparison()
                .isEqualTo(mixed);
    }

    private static List<List<?>> objects() {
        return List.of(
                List.of(1, 2, Integer.MIN_VALUE),
                List.of("", "ascii", "Größe", "日本語", "x".repeat(100_000)),
                List.of(new Nested("n", new Rating(1, 2, 3), List.of("a", "b"))),
                List.of(new Empty(), new Empty()),
                List.of(new BigDecimal("1.50"), BigInteger.TWO.pow(5000), UUID.randomUUID()),
                List.of(
                        Instant.ofEpochSecond(7, 999_999_999),
                        LocalDate.of(2024, 2, 29),
                        Timestamp.from(Instant.now())),
                List.of(Map.of("k", List.of(1.5)), new ArrayList<>(Collections.nCopies(60_000, null))),
                List.of(
                        new ArrayList<>(List.of(1, 2, 3)).subList(1, 2),
                        Stream.of("a", null).toList()),
                List.of(Collections.unmodifiableList(new ArrayList<>(List.of(1))), Collections.nCopies(3, "x")),
                List.of(
                        Collections.unmodifiableMap(new TreeMap<>(Map.of("a", 1))),
                        Map.of("b", 2).keySet()),
                List.of(new EnumMap<>(Map.of(TimeUnit.DAYS, 1)), new TreeMap<>(Map.of("c", 3)).navigableKeySet()),
                List.of(Map.entry("k", 1), new AbstractMap.SimpleEntry<>("k", null), URI.create("http://host/path")),
                List.of(EnumSet.of(TimeUnit.DAYS), BitSet.valueOf(new long[] {1, 1L << 63}), Optional.of("o")),
                List.of());
    }

    @ParameterizedTest
    @MethodSource("objects")
    void valuesTravelObjectByObject(List<?> values) {
        assertThat(across(Batch.of(values), Codec.KRYO).records()).isEqualTo(values);
    }

    @Test
    void arraysAndPlainObjectsTravel() {
        Plain circle = new Plain(1, new Plain(2, null));
        List<Object> values = List.of(
                new int[] {1, -2, 3}, new double[100], new String[][] {{"a"}, null}, circle, new boolean[] {true});

        assertThat(across(Batch.of(values), Codec.KRYO).records())
                .usingRecursiveComparison()
                .isEqualTo(values);
    }

    @Test
    void aRecordThatIsTwiceInABatchIsOneAfterwards() {
        Plain shared = new Plain(1, null);

        List<?> records =
                across(Batch.of(List.of(List.of(shared, shared))), Codec.KRYO).records();

        List<?> pair = (List<?>) records.get(0);
        assertThat(pair.get(0)).isSameAs(pair.get(1));
    }

    @Test
    void aCodecGoesOnAfterARecordThatCannotBeSent() {
        assertThatThrownBy(() -> encode(Batch.of(List.of("fine", new Thread("unsendable")))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a record of java.lang.Thread cannot be sent to the next stage: ");

        assertThat(across(Batch.of(List.of("a", "b")), Codec.KRYO).records()).isEqualTo(List.of("a", "b"));
    }

    @Test
    void aChainThatIsTooDeepIsRefusedAndNotFatal() {
        Plain deep = null;
        for (int k = 0; k < 200_000; k++) {
            deep = new Plain(k, deep);
        }
        Batch<?> batch = Batch.of(List.of(deep));

        assertThatThrownBy(() -> encode(batch))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(Plain.class.getName())
                .hasMessageContaining("Max depth exceeded: 500");
    }

    @Test
    void aConstructorThatRefusesWhatArrivesIsAnInfrastructureFailure() {
        ByteBuffer body = encode(Batch.of(List.of(new Refusing(1000), "mixed")));
        // A number of two bytes, of which the sign is the lowest bit of the first.
        int at = indexOf(body, (byte) 0xD0, (byte) 0x0F);
        body.put(at, (byte) 0xD1);

        assertThatThrownBy(() -> decode(body))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("cannot be read");
    }

    private static int indexOf(ByteBuffer frame, byte first, byte second) {
        return IntStream.range(BatchCodec.HEADER_BYTES, frame.limit() - 1)
                .filter(k -> frame.get(k) == first && frame.get(k + 1) == second)
                .findFirst()
                .orElseThrow();
    }

    private static ByteBuffer ofClass(String name) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        BatchHeader header = new BatchHeader(Codec.COLUMNAR, OriginsCodec.Form.NONE, utf8.length, 0, 0, 0, 0, 0);
        ByteBuffer body = ByteBuffer.allocate(header.end()).order(ByteOrder.LITTLE_ENDIAN);
        header.writeTo(body);
        return body.put(header.nameAt(), utf8);
    }

    @Test
    void aClassThatIsNotHereIsNamed() {
        assertThatThrownBy(() -> decode(ofClass("no.such.Record")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("record class: no.such.Record (expected: a class of this worker)");
    }

    @Test
    void aClassWithoutColumnsIsRefused() {
        assertThatThrownBy(() -> decode(ofClass("java.lang.Object")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("record class: java.lang.Object (expected: a record of primitives");
    }

    @Test
    void anotherNumberOfRowsIsRefused() {
        for (Batch<?> batch : List.of(Batch.of(RATINGS), Batch.of(List.of("a", "b")))) {
            for (int rows : new int[] {batch.size() - 1, batch.size() + 1, 0, Integer.MAX_VALUE}) {
                ByteBuffer body = encode(batch).order(ByteOrder.LITTLE_ENDIAN).putInt(4, rows);

                assertThatThrownBy(() -> decode(body))
                        .as("%s as %s rows", batch, rows)
                        .isInstanceOf(InfrastructureException.class);
            }
        }
    }

    @Test
    void anotherNumberOfBatchesIsRefused() {
        ByteBuffer body = encode(Batch.of(RATINGS));

        assertThatThrownBy(() -> receiver.read(2, body)).isInstanceOf(InfrastructureException.class);
        assertThatThrownBy(() -> receiver.read(0, body))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("bytes behind 0 batches");
    }
}
