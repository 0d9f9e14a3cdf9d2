package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.source.Split;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MessageCodecTest {
    sealed interface Talk {}

    sealed interface Asks extends Talk {}

    enum Kind {
        A,
        B
    }

    record Point(long at, double value) {}

    record Hello(String name, int number, Integer box, Kind kind, Duration timeout, byte[] bytes) implements Asks {}

    record Report(Map<String, Map<Integer, Long>> tallies, Map<String, List<Point>> points, Set<String> names)
            implements Asks {}

    record Given(int epoch, Split split) implements Talk {}

    record Nothing() implements Talk {}

    record Nested(Shape shape, Point[] points, List<? extends Shape> more) implements Talk {}

    sealed interface Shape {}

    record Circle(double radius) implements Shape {}

    record Square(double side) implements Shape {}

    record Piece(int from, List<String> files) implements Split {
        @Override
        public String describe() {
            return "piece " + from;
        }
    }

    /** A user may write one so, and is told that it does not do. */
    static final class NoRecord implements Split {
        @Override
        public String describe() {
            return "no record";
        }
    }

    record Stranger(int number) {}

    record Pretender(Object anything) implements Split {
        @Override
        public String describe() {
            return "pretender";
        }
    }

    sealed interface Loose {}

    record Anything(Object thing) implements Loose {}

    sealed interface Threads {}

    record Running(List<Thread> threads) implements Threads {}

    private final MessageCodec here = new MessageCodec(Talk.class);
    private final MessageCodec there = new MessageCodec(Talk.class);

    private <M extends Record> M across(M message) {
        Object back = there.read(here.write(message), Talk.class);
        assertThat(back).hasSameClassAs(message);
        @SuppressWarnings("unchecked")
        M same = (M) back;
        return same;
    }

    @Test
    void messagesComeBack() {
        Hello hello = new Hello("größe", -5, null, Kind.B, Duration.ofMillis(1500), new byte[] {1, 2});
        assertThat(across(hello)).usingRecursiveComparison().isEqualTo(hello);
        assertThat(across(new Nothing())).isEqualTo(new Nothing());
        assertThat(across(new Hello(null, 0, 7, null, null, null))).isEqualTo(new Hello(null, 0, 7, null, null, null));
        Nested nested =
                new Nested(new Circle(2), new Point[] {new Point(1, 2), null}, List.of(new Square(1), new Circle(3)));
        assertThat(across(nested)).usingRecursiveComparison().isEqualTo(nested);
    }

    @Test
    void collectionsOfAnyKindAreSent() {
        TreeMap<String, Map<Integer, Long>> tallies = new TreeMap<>(Map.of("b", Map.of(1, 2L), "a", new TreeMap<>()));
        Report report =
                new Report(tallies, Map.of("loss", List.of(new Point(1, 0.5))), new TreeSet<>(Set.of("y", "x")));

        Report back = across(report);

        assertThat(back).isEqualTo(report);
        assertThat(back.names()).isInstanceOf(LinkedHashSet.class).containsExactly("x", "y");
        assertThat(back.points().get("loss")).isInstanceOf(ArrayList.class);
        assertThat(back.tallies().keySet()).containsExactly("a", "b");
    }

    @Test
    void splitsOfTheUserAreSent() {
        Given given = new Given(2, new Piece(3, List.of("a", "b")));

        assertThat(across(given)).isEqualTo(given);
        assertThat(across(new Given(2, null))).isEqualTo(new Given(2, null));
    }

    @Test
    void aSplitThatIsNoRecordIsRefused() {
        assertThatThrownBy(() -> here.write(new Given(1, new NoRecord())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a message Given cannot be sent: ")
                .hasMessageContaining("split of " + NoRecord.class.getName()
                        + " (expected: a record that implements io.ghee.source.Split)");
        assertThat(across(new Nothing())).isEqualTo(new Nothing());
    }

    @Test
    void aSplitOfWhatMayNotTravelIsRefused() {
        assertThatThrownBy(() -> here.write(new Given(1, new Pretender(new Thread("unsendable")))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("java.lang.Thread does not travel");
    }

    /** The bytes of a message with a split of a class that is none. */
    private static byte[] withSplit(Object notASplit) {
        byte[] good = new MessageCodec(Talk.class).write(new Given(1, new Piece(1, List.of())));
        Kryo records = Kryos.forRecords();
        Output named = new Output(256, 4096);
        records.writeClass(named, Piece.class);
        byte[] name = named.toBytes();
        int at = indexOf(good, name);
        Output forged = new Output(256, 4096);
        forged.writeBytes(good, 0, at);
        records.writeClass(forged, notASplit.getClass());
        records.writeObject(forged, notASplit);
        return forged.toBytes();
    }

    private static int indexOf(byte[] in, byte[] what) {
        for (int at = 0; at + what.length <= in.length; at++) {
            if (Arrays.equals(in, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        throw new AssertionError("not found");
    }

    @Test
    void whatIsNoSplitIsNotMadeFromTheStream() {
        for (Object no : List.of(new Stranger(1), "text", new ArrayList<>(List.of(1)), Kind.A)) {
            assertThatThrownBy(() -> there.read(withSplit(no), Talk.class))
                    .as("%s", no)
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("expected: a record that implements");
        }
    }

    @Test
    void nothingElseIsMadeFromTheStream() {
        Kryo open = new Kryo();
        open.setRegistrationRequired(false);
        for (Object other :
                List.of(new Stranger(1), new Thread("x").getState(), new ArrayList<>(List.of(1)), "text", 5)) {
            Output out = new Output(256, 1 << 16);
            open.writeClassAndObject(out, other);
            assertThatThrownBy(() -> there.read(out.toBytes(), Talk.class))
                    .as("%s", other)
                    .isInstanceOf(InfrastructureException.class);
        }
        assertThatThrownBy(() -> here.write(new Stranger(1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Stranger is no part of a message");
    }

    @Test
    void aMessageForAnotherReceiverIsRefused() {
        assertThatThrownBy(() -> there.read(here.write(new Nothing()), Asks.class))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("is Nothing of")
                .hasMessageContaining("(expected: Asks)");
    }

    @Test
    void moreThanAMessageIsRefused() {
        byte[] whole = here.write(new Nothing());

        assertThatThrownBy(() -> there.read(Arrays.copyOf(whole, whole.length + 1), Talk.class))
                .isInstanceOf(InfrastructureException.class);
    }

    @Test
    void componentsOfAnyTypeAreRefusedWhenTheCodecIsMade() {
        assertThatThrownBy(() -> new MessageCodec(Loose.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("component of " + Anything.class.getName() + ": java.lang.Object (expected: ");
        assertThatThrownBy(() -> new MessageCodec(Threads.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("component of " + Running.class.getName() + ": java.lang.Thread (expected: ");
    }

    @Test
    void damagedMessagesAreReadOrRefused() {
        SplittableRandom random = new SplittableRandom(1);
        List<byte[]> whole = List.of(
                here.write(new Hello("name", 1, 2, Kind.A, Duration.ofSeconds(1), new byte[10])),
                here.write(new Report(Map.of("a", Map.of(1, 1L)), Map.of("b", List.of(new Point(1, 1))), Set.of("c"))),
                here.write(new Given(1, new Piece(1, List.of("x")))));
        int refused = 0;
        for (int k = 0; k < 20_000; k++) {
            byte[] damaged = whole.get(k % whole.size()).clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            byte[] cut = random.nextInt(10) == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
            try {
                assertThat(there.read(cut, Talk.class)).isNotNull();
            } catch (InfrastructureException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(2_000, 20_000);
    }
}
