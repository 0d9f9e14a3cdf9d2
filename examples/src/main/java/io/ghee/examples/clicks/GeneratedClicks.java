package io.ghee.examples.clicks;

import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Clicks that nobody made, with something to learn in them: a user buys where an advertisement is of the kind that he likes.
 * The same seed gives the same clicks.
 *
 * @param count how many there are
 */
record GeneratedClicks(int count, int seed) implements BoundedSource<LoggedClick> {
    private static final int PER_SPLIT = 25_000;
    private static final int KINDS = 5;
    private static final long START = 1_700_000_000L;
    private static final int WEEK = 7 * 86_400;
    private static final List<String> PAGES = List.of("home", "search", "news", "basket");
    private static final List<String> AGENTS = List.of("phone", "tablet", "desktop");

    /** The clicks from {@code first} up to {@code end}. Each part counts its records from 0. */
    record Part(int first, int end) implements Split {
        @Override
        public String describe() {
            return "clicks[" + first + ", " + end + ")";
        }
    }

    @Override
    public String describe() {
        return count + " generated clicks";
    }

    @Override
    public List<Part> splits(int readers) {
        List<Part> parts = new ArrayList<>();
        for (int first = 0; first < count; first += PER_SPLIT) {
            parts.add(new Part(first, Math.min(count, first + PER_SPLIT)));
        }
        return parts;
    }

    @Override
    public SplitReader<LoggedClick> open(Split split) {
        return new Reader((Part) split, seed);
    }

    /** All of them. */
    Stream<LoggedClick> stream() {
        return IntStream.range(0, count).mapToObj(number -> click(number, seed));
    }

    private static LoggedClick click(int number, int seed) {
        SplittableRandom random = new SplittableRandom(((long) seed << 32) + number);
        int user = random.nextInt(Click.Features.USERS);
        int ad = random.nextInt(Click.Features.ADS);
        boolean likes = user % KINDS == ad % KINDS;
        return new LoggedClick(
                String.format(Locale.ROOT, "click-%08d", number),
                user,
                ad,
                START + random.nextInt(WEEK),
                random.nextInt(20 * Click.HUMAN_MILLIS),
                PAGES.get(random.nextInt(PAGES.size())),
                AGENTS.get(random.nextInt(AGENTS.size())),
                random.nextDouble() < (likes ? 0.8 : 0.05));
    }

    private static final class Reader implements SplitReader<LoggedClick> {
        private final Part part;
        private final int seed;
        private int next;

        Reader(Part part, int seed) {
            this.part = part;
            this.seed = seed;
            this.next = part.first();
        }

        @Override
        public @Nullable LoggedClick next() {
            return next < part.end() ? click(next++, seed) : null;
        }

        @Override
        public String position() {
            return "generated click " + (next - 1);
        }

        @Override
        public void close() {}
    }
}
