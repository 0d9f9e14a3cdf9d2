package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.transfer.wire.declared.Declared;
import java.io.File;
import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.objenesis.strategy.StdInstantiatorStrategy;

/** What may travel between stages, at the sender and at the receiver. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SendableTest {
    enum Suit {
        HEARTS,
        SPADES {
            @Override
            public String toString() {
                return "spades";
            }
        }
    }

    record Pair(Object first, Object second) {}

    record Kept(Thread thread, URL url) {}

    /** Like any class of a library, to one who reads the stream. */
    static class Undeclared implements Serializable {
        static int made;
        int number = 7;

        Undeclared() {
            made++;
        }
    }

    static final class MyList extends ArrayList<String> {}

    record ByLength() implements Comparator<String> {
        @Override
        public int compare(String left, String right) {
            return left.length() - right.length();
        }
    }

    private static final int LARGEST = 1 << 24;

    private final BatchCodec sender = new BatchCodec(LARGEST);
    private final BatchCodec receiver = new BatchCodec(LARGEST);

    private Object across(Object value) {
        return ((Pair) read(write(value)).records().get(0)).first();
    }

    private ByteBuffer write(Object value) {
        BatchCodec.Measured measured = sender.measure(Batch.of(List.of(new Pair(value, null))), Origins.NONE);
        ByteBuffer body = ByteBuffer.allocate(measured.bytes());
        measured.writeTo(body);
        return body.flip();
    }

    private Batch<?> read(ByteBuffer body) {
        return receiver.read(1, body).get(0).batch();
    }

    /** What a sender that allows anything would have written. */
    private static ByteBuffer hostile(Object value) {
        Kryo kryo = new Kryo();
        kryo.setRegistrationRequired(false);
        kryo.setReferences(false);
        kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
        Output out = new Output(1024, 1 << 24);
        kryo.writeClassAndObject(out, value);
        return frame(out.toBytes());
    }

    /** What names a class; nothing of an object follows that could be read. */
    private static ByteBuffer naming(String name) {
        Output out = new Output(1024, 1 << 20);
        out.writeByte(1);
        out.writeVarInt(0, true);
        out.writeString(name);
        out.writeBytes(new byte[64]);
        return frame(out.toBytes());
    }

    private static ByteBuffer frame(byte[] payload) {
        ByteBuffer origins = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        OriginsCodec.Form form = OriginsCodec.form(Origins.NONE);
        OriginsCodec.write(Origins.NONE, form, origins);
        BatchHeader header =
                new BatchHeader(BatchHeader.Codec.KRYO, form, 0, 1, 0, origins.position(), payload.length, 0);
        ByteBuffer body = ByteBuffer.allocate(header.end()).order(ByteOrder.LITTLE_ENDIAN);
        header.writeTo(body);
        return body.put(header.payloadAt(), payload);
    }

    private void assertRefusedBySender(Object value, String reason) {
        assertThatThrownBy(() -> across(value))
                .as("%s", value.getClass())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("cannot be sent to the next stage")
                .hasMessageContaining(reason);
    }

    private void assertRefusedByReceiver(ByteBuffer frame, String reason) {
        assertThatThrownBy(() -> read(frame))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining(reason);
    }

    private static List<Object> values() {
        return List.of(
                true,
                (byte) 1,
                'c',
                (short) 2,
                3,
                4L,
                5f,
                6d,
                "text",
                BigInteger.TEN.pow(40),
                new BigDecimal("-1.250"),
                UUID.randomUUID(),
                URI.create("gs://bucket/key?x=1#y"),
                BitSet.valueOf(new long[] {5, -1}),
                Locale.forLanguageTag("de-CH"),
                Currency.getInstance("EUR"),
                new Date(1_700_000_000_123L),
                Optional.of("o"),
                Optional.empty(),
                OptionalInt.of(-1),
                OptionalLong.of(Long.MAX_VALUE),
                OptionalDouble.of(0.5),
                Duration.ofSeconds(-3, 999_999_999),
                Instant.MAX,
                Instant.ofEpochSecond(-1, 999_999_999),
                LocalDate.MIN,
                LocalDate.of(2024, 2, 29),
                LocalTime.of(23, 59, 59, 999_999_999),
                LocalDateTime.of(2024, 2, 29, 1, 2, 3, 4),
                MonthDay.of(2, 29),
                OffsetDateTime.of(2024, 1, 1, 1, 1, 1, 1, ZoneOffset.ofHours(-11)),
                OffsetTime.of(1, 2, 3, 4, ZoneOffset.UTC),
                Period.of(1, -2, 3),
                Year.of(1999),
                YearMonth.of(2024, 12),
                ZoneOffset.ofHoursMinutes(5, 45),
                ZoneId.of("Europe/Berlin"),
                ZonedDateTime.of(2024, 7, 1, 1, 1, 1, 1, ZoneId.of("Asia/Kathmandu")),
                Suit.HEARTS,
                Suit.SPADES,
                DayOfWeek.MONDAY,
                RoundingMode.UP,
                TimeUnit.DAYS,
                new Pair(new Pair(1, "x"), List.of(Suit.SPADES)));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valuesTravel(Object value) {
        assertThat(across(value)).isEqualTo(value);
    }

    private static <C extends Collection<Object>> C filled(C collection) {
        collection.addAll(List.of("b", "C", "a"));
        return collection;
    }

    private static <M extends Map<Object, Object>> M filled(M map) {
        map.putAll(Map.of("b", 1, "C", List.of(2), "a", 3));
        return map;
    }

    private static List<Object> collections() {
        return List.of(
                filled(new ArrayList<>()),
                filled(new LinkedList<>()),
                filled(new CopyOnWriteArrayList<>()),
                filled(new HashSet<>()),
                filled(new TreeSet<>()),
                filled(new TreeSet<>(Collections.reverseOrder())),
                filled(new ConcurrentSkipListSet<>()),
                EnumSet.of(Suit.HEARTS),
                EnumSet.noneOf(TimeUnit.class),
                filled(new HashMap<>()),
                filled(new LinkedHashMap<>()),
                filled(new TreeMap<>(Collections.reverseOrder())),
                filled(new ConcurrentHashMap<>()),
                filled(new ConcurrentSkipListMap<>()));
    }

    @ParameterizedTest
    @MethodSource("collections")
    void collectionsTravelAsWhatTheyAre(Object collection) {
        Object arrived = across(collection);

        assertThat(arrived).isEqualTo(collection).hasSameClassAs(collection).hasToString(collection.toString());
    }

    @Test
    void collectionsOfOneOrderKeepIt() {
        TreeSet<String> words = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        words.addAll(List.of("b", "A", "c"));

        assertThat((Collection<?>) across(words.tailSet("B"))).hasToString("[b, c]");
        assertThat(((TreeSet<?>) across(words)).contains("a")).isTrue();
        assertThat((Collection<?>) across(words.descendingSet())).hasToString("[c, b, A]");
    }

    @Test
    void anOrderThatIsTheNaturalOneIsNone() {
        TreeSet<String> words = new TreeSet<>(Comparator.naturalOrder());
        words.addAll(List.of("b", "a"));

        assertThat(((TreeSet<?>) across(words)).comparator()).isNull();
    }

    @Test
    void queuesTravel() {
        for (Collection<Object> queue : List.of(
                filled(new ArrayDeque<>()),
                filled(new PriorityQueue<>()),
                filled(new PriorityQueue<>(Collections.reverseOrder())),
                filled(new PriorityBlockingQueue<>(5, Collections.reverseOrder())))) {
            assertThat(across(queue)).hasSameClassAs(queue).hasToString(queue.toString());
        }
    }

    @Test
    void viewsAndWrappersArriveAsPlainOnes() {
        Map<Object, Object> map = filled(new TreeMap<>());
        for (Object view : List.of(
                List.of(1, 2),
                Arrays.asList(1, null),
                Stream.of("a", null).toList(),
                new ArrayList<>(List.of(1, 2, 3)).subList(1, 3),
                Collections.emptyList(),
                Collections.singletonList(null),
                Collections.nCopies(3, "x"),
                Collections.synchronizedList(new ArrayList<>(List.of(1))))) {
            assertThat(across(view)).isEqualTo(view).isInstanceOf(ArrayList.class);
        }
        for (Object view :
                List.of(Set.of(1, 2), map.keySet(), Collections.unmodifiableSet(new TreeSet<>(List.of(2, 1))))) {
            assertThat(across(view)).isEqualTo(view).isInstanceOf(Set.class);
        }
        for (Object view :
                List.of(Map.of(1, 2), Map.of(), Collections.unmodifiableMap(map), Collections.singletonMap(null, 1))) {
            assertThat(across(view)).isEqualTo(view).isInstanceOf(LinkedHashMap.class);
        }
        assertThat(across(map.entrySet().iterator().next())).isEqualTo(Map.entry("C", List.of(2)));
    }

    @Test
    void arraysTravel() {
        Object[][] nested = new Object[200][];
        Arrays.setAll(nested, k -> new Object[] {k, "x", null});
        for (Object array : List.of(
                new Object[0],
                nested,
                new String[][] {{"a", null}, null},
                new Pair[] {new Pair(1, 2), null},
                new Comparable<?>[] {1, "x"},
                new int[][] {{1}, {}},
                new Suit[] {Suit.SPADES, null},
                new List<?>[] {List.of(1)})) {
            assertThat(Arrays.deepEquals(new Object[] {across(array)}, new Object[] {array}))
                    .as("%s", array.getClass())
                    .isTrue();
        }
    }

    @Test
    void aPlainClassThatIsNamedTravels() {
        Declared declared = new Declared();
        declared.words = List.of("a", "b");

        assertThat(across(declared)).usingRecursiveComparison().isEqualTo(declared);
    }

    @Test
    void aPlainClassThatIsNotNamedIsRefusedAndToldWhatToDo() {
        int before = Undeclared.made;
        Undeclared undeclared = new Undeclared();
        String reason = Undeclared.class.getName()
                + " is a class that nobody has named (expected: a record or an enum; or "
                + Undeclared.class.getName() + " or io.ghee.transfer.wire.* in a file META-INF/ghee/wire-classes on the"
                + " class path)";

        assertRefusedBySender(undeclared, reason);
        assertRefusedBySender(new Undeclared[] {undeclared}, reason);
        assertRefusedBySender(List.of(undeclared), reason);
        assertRefusedBySender(new MyList(), "MyList is a class that nobody has named");
        assertRefusedByReceiver(hostile(undeclared), reason);
        assertRefusedByReceiver(hostile(new Undeclared[] {undeclared}), reason);
        assertRefusedByReceiver(hostile(new ArrayList<>(List.of(undeclared))), reason);
        assertThat(Undeclared.made).isEqualTo(before + 1);
    }

    private static List<Object> dangerous() throws Exception {
        return List.of(
                new Thread("never started"),
                new File("/"),
                new URL("http://localhost/"),
                InetAddress.getLoopbackAddress(),
                Pattern.compile("(a+)+"),
                new Random(1),
                new AtomicReference<>("x"),
                String.class,
                new Object(),
                StandardCharsets.UTF_8,
                new IllegalStateException("x"),
                new Declared().getClass().getClassLoader(),
                Runtime.getRuntime(),
                (Runnable & Serializable) () -> {},
                (Supplier<String>) () -> "x",
                Proxy.newProxyInstance(
                        SendableTest.class.getClassLoader(), new Class<?>[] {Runnable.class}, (p, m, a) -> null));
    }

    @ParameterizedTest
    @MethodSource("dangerous")
    void whatIsNoDataIsRefused(Object value) {
        assertThatThrownBy(() -> across(value))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(refused -> assertThat(refused.getMessage())
                        .containsAnyOf(
                                "does not travel (expected: a record, an enum", "is a class that nobody has named"));
    }

    @Test
    void aComponentOfAClassThatMayNotTravelIsRefused() {
        assertRefusedBySender(new Kept(new Thread("unsendable"), null), "java.lang.Thread does not travel");
    }

    @Test
    void classesThatMakeTroubleAreRefusedByName() {
        for (String name : List.of(
                "java.lang.Thread",
                "java.lang.ProcessBuilder",
                "java.net.URL",
                "java.lang.Class",
                "java.lang.Enum",
                "java.lang.Record",
                "java.io.FileOutputStream",
                "javax.management.BadAttributeValueExpException",
                "javax.swing.JEditorPane",
                "com.sun.rowset.JdbcRowSetImpl",
                "com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl",
                "sun.misc.Unsafe",
                "jdk.internal.misc.Unsafe",
                "java.util.Scanner",
                "java.util.ServiceLoader",
                "java.util.Timer",
                "java.util.concurrent.ThreadPoolExecutor",
                "java.util.Collections$ReverseComparator",
                SerializedLambda.class.getName(),
                "[Ljava.lang.Thread;",
                "[[Ljava.lang.ProcessBuilder;",
                "org.zeromq.ZContext",
                "com.esotericsoftware.kryo.Kryo",
                "io.ghee.transfer.wire.BatchCodec")) {
            assertThatThrownBy(() -> {
                        ByteBuffer frame = naming(name);
                        read(frame);
                    })
                    .as(name)
                    .isInstanceOf(InfrastructureException.class)
                    .satisfies(refused -> assertThat(refused.getMessage())
                            .containsAnyOf("does not travel", "that nobody has named", "Unable to find class"));
        }
    }

    @Test
    void aComparatorDoesNotTravel() {
        for (Object sorted : List.of(
                new TreeSet<>(new ByLength()),
                new TreeMap<>(new ByLength()),
                new PriorityQueue<>(new ByLength()),
                new TreeSet<>(Comparator.<String>naturalOrder().thenComparing(String::length)),
                new ConcurrentSkipListMap<>(Comparator.comparing(Object::toString)))) {
            assertRefusedBySender(sorted, "does not travel (expected: natural order, reverse order or");
        }
    }

    @Test
    void aReferenceIsKeptBetweenPlainObjectsAlone() {
        Declared shared = new Declared();
        List<?> objects = (List<?>) across(List.of(shared, List.of(shared)));
        assertThat(((List<?>) objects.get(1)).get(0)).isSameAs(objects.get(0));

        Pair value = new Pair(1, 2);
        List<?> values = (List<?>) across(List.of(value, value));
        assertThat(values.get(0)).isEqualTo(values.get(1)).isNotSameAs(values.get(1));
    }

    @Test
    void whatContainsItselfIsRefused() {
        List<Object> list = new ArrayList<>();
        list.add(list);

        assertThatThrownBy(() -> across(new Pair(list, 1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Max depth exceeded");
    }

    @Test
    void whatIsAsDeepAsItMayBeFitsASmallStack() throws Exception {
        Object lists = "leaf";
        Object records = "leaf";
        Object arrays = "leaf";
        Object sets = "leaf";
        for (int k = 0; k < Kryos.DEEPEST - 3; k++) {
            lists = new ArrayList<>(List.of(lists));
            records = new Pair(records, k);
            arrays = new Object[] {arrays};
            sets = new HashSet<>(Set.of(sets));
        }
        List<Object> all = List.of(lists, records, arrays);
        Object set = sets;
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread small = new Thread(
                null,
                () -> {
                    all.forEach(this::across);
                    across(set);
                },
                "small",
                400_000);
        small.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
        small.start();
        small.join();

        assertThat(failure.get()).isNull();
    }

    @Test
    void nestedLengthsTakeNoMemory() {
        // Each level says that it has as many elements as it may, and has but one: the next level.
        Output out = new Output(1024, 1 << 24);
        out.writeByte(1);
        out.writeVarInt(0, true);
        out.writeString("[Ljava.lang.Object;");
        for (int level = 0; level < Kryos.DEEPEST - 2; level++) {
            out.writeVarInt(4_000_000, true);
            out.writeByte(1);
            out.writeVarInt(0, true);
        }
        out.writeBytes(new byte[4_000_000]);

        assertRefusedByReceiver(frame(out.toBytes()), "cannot be read");
    }

    @Test
    void listsOfNothingTakeLittleMemory() {
        List<Object> nulls = new ArrayList<>(Collections.nCopies(60_000, null));
        assertThat(across(nulls)).isEqualTo(nulls);

        Object many = Collections.nCopies(1000, nulls);
        ByteBuffer frame = write(many);
        assertThat(frame.remaining()).isLessThan(20_000);
        assertRefusedByReceiver(frame, "elements: ");
    }
}
