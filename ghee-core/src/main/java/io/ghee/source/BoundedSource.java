package io.ghee.source;

import static io.ghee.ConfigurationException.check;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A source that ends, and so can be read again.
 *
 * @param <T> the records
 */
public interface BoundedSource<T> extends Source<T> {
    /**
     * The same source, read {@code n} times over: every epoch reads storage again.
     *
     * @param n 1 to 60,000
     */
    default Source<T> epochs(int n) {
        return new Repeated<>(this, n);
    }

    /** A bounded source and how often it is read. */
    record Repeated<T>(BoundedSource<T> source, int passes) implements Source<T> {
        /** Where it is noted what has arrived, there are 16 bits for the epoch. */
        private static final int MOST = 60_000;

        public Repeated {
            check(passes >= 1, "epochs", passes, ">= 1");
            check(passes <= MOST, "epochs", passes, "<= " + MOST);
        }

        @Override
        public String describe() {
            return source.describe() + (passes == 1 ? "" : " x " + passes + " epochs");
        }

        @Override
        public List<? extends Split> splits(int readers) throws IOException {
            return source.splits(readers);
        }

        @Override
        public SplitReader<T> open(Split split) throws IOException {
            return source.open(split);
        }

        @Override
        public SplitReader<T> open(Split split, long place) throws IOException {
            return source.open(split, place);
        }

        @Override
        public void committed(Map<Split, Long> places) throws IOException {
            source.committed(places);
        }

        @Override
        public long maxQuarantined() {
            return source.maxQuarantined();
        }
    }
}
