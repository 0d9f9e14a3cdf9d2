package io.ghee.io.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** A record of all that files have, at random. */
record Everything(
        boolean flag,
        byte tiny,
        short small,
        int number,
        long big,
        float single,
        double twice,
        Boolean maybeFlag,
        Byte maybeTiny,
        Short maybeSmall,
        Integer maybeNumber,
        Long maybeBig,
        Float maybeSingle,
        Double maybeTwice,
        String text,
        byte[] bytes,
        Colour colour,
        LocalDate day,
        Instant time,
        BigDecimal price,
        Inner inner,
        List<String> texts,
        List<Integer> numbers,
        List<Inner> inners,
        List<List<Long>> matrix,
        boolean[] flags,
        short[] shorts,
        int[] ints,
        long[] longs,
        float[] vector,
        double[] weights,
        String[] words) {

    enum Colour {
        RED,
        GREEN,
        BLUE
    }

    record Inner(int id, String name, List<Double> values, Deep deep) {}

    record Deep(LocalDate day, long[] counts) {}

    /** What is in a value, for comparisons: arrays by their elements, decimals whatever their scale. */
    static String deep(Object value) throws ReflectiveOperationException {
        if (value instanceof Record) {
            StringBuilder all = new StringBuilder(value.getClass().getSimpleName());
            for (RecordComponent component : value.getClass().getRecordComponents()) {
                component.getAccessor().setAccessible(true);
                all.append(' ').append(component.getName()).append('=');
                all.append(deep(component.getAccessor().invoke(value)));
            }
            return all.toString();
        }
        if (value instanceof List<?> list) {
            return deep(list.toArray());
        }
        if (value != null && value.getClass().isArray()) {
            StringBuilder all = new StringBuilder("[");
            for (int k = 0; k < Array.getLength(value); k++) {
                all.append(deep(Array.get(value, k))).append(", ");
            }
            return all.append(']').toString();
        }
        return value instanceof BigDecimal price ? price.stripTrailingZeros().toString() : String.valueOf(value);
    }

    /** Tells the first record that differs. */
    static void assertSame(List<?> actual, List<?> expected) throws ReflectiveOperationException {
        for (int k = 0; k < Math.min(actual.size(), expected.size()); k++) {
            assertThat(deep(actual.get(k))).as("record %d", k).isEqualTo(deep(expected.get(k)));
        }
        assertThat(actual).hasSameSizeAs(expected);
    }

    static List<Everything> random(long seed, int count) {
        Random random = new Random(seed);
        List<Everything> made = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            made.add(one(random));
        }
        return made;
    }

    private static Everything one(Random random) {
        return new Everything(
                random.nextBoolean(),
                (byte) random.nextInt(),
                (short) random.nextInt(),
                random.nextInt(),
                random.nextLong(),
                single(random),
                twice(random),
                maybe(random, random::nextBoolean),
                maybe(random, () -> (byte) random.nextInt()),
                maybe(random, () -> (short) random.nextInt()),
                maybe(random, random::nextInt),
                maybe(random, random::nextLong),
                maybe(random, () -> single(random)),
                maybe(random, () -> twice(random)),
                text(random),
                maybe(random, () -> bytes(random)),
                maybe(random, () -> Colour.values()[random.nextInt(3)]),
                maybe(random, () -> day(random)),
                maybe(random, () -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000) * 1000L)),
                maybe(random, () -> BigDecimal.valueOf(random.nextLong(), random.nextInt(19))),
                inner(random),
                list(random, () -> text(random)),
                list(random, () -> maybe(random, random::nextInt)),
                list(random, () -> inner(random)),
                list(random, () -> list(random, () -> maybe(random, random::nextLong))),
                maybe(random, () -> new boolean[] {random.nextBoolean(), true}),
                maybe(random, () -> new short[] {(short) random.nextInt(), -1}),
                maybe(random, () -> random.ints(random.nextInt(4)).toArray()),
                maybe(random, () -> random.longs(random.nextInt(40)).toArray()),
                maybe(random, () -> new float[] {single(random), single(random), 0}),
                maybe(random, () -> new double[] {twice(random)}),
                maybe(random, () -> new String[] {text(random), "x"}));
    }

    private static <V> V maybe(Random random, Supplier<V> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private static <V> List<V> list(Random random, Supplier<V> value) {
        if (random.nextInt(5) == 0) {
            return null;
        }
        List<V> list = new ArrayList<>();
        for (int k = random.nextInt(4); k > 0; k--) {
            list.add(value.get());
        }
        return list;
    }

    private static Inner inner(Random random) {
        return maybe(
                random,
                () -> new Inner(
                        random.nextInt(),
                        text(random),
                        list(random, () -> maybe(random, () -> twice(random))),
                        maybe(random, () -> new Deep(maybe(random, () -> day(random)), new long[] {1, 2}))));
    }

    private static float single(Random random) {
        float[] special = {0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, 1.1f};
        return random.nextInt(4) == 0 ? special[random.nextInt(special.length)] : random.nextFloat() * 1e9f;
    }

    private static double twice(Random random) {
        double[] special = {0, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, Double.MAX_VALUE, 0.1};
        return random.nextInt(4) == 0 ? special[random.nextInt(special.length)] : random.nextGaussian();
    }

    private static LocalDate day(Random random) {
        return LocalDate.ofEpochDay(random.nextInt(200_000) - 100_000);
    }

    private static String text(Random random) {
        String[] some = {null, "", "a", "Grüße, \"Welt\"\n", "\u4f60\u597d", "\uD83D\uDE00", " x ", "null"};
        return random.nextInt(3) == 0
                ? new String(new char[random.nextInt(200)]).replace('\0', (char) ('a' + random.nextInt(26)))
                : some[random.nextInt(some.length)];
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return random.nextInt(3) == 0 ? "same".getBytes(StandardCharsets.UTF_8) : bytes;
    }
}
