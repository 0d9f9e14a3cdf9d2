package io.ghee.testing;

import io.ghee.InfrastructureException;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.ResumableSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps what jobs of this JVM commit on the way, by the job's name, for later ones to go on with. */
public record KeptSink<T>() implements ResumableSink<T> {
    private static final Map<String, Kept> BY_JOB = new ConcurrentHashMap<>();

    /** What was committed. Safe to read while the job runs. */
    public static final class Kept {
        private final List<Object> committed = new ArrayList<>();
        private final Map<Integer, byte[]> positions = new TreeMap<>();
        private byte[] begun = new byte[0];
        private int attempt = -1;
        private int attempts;
        private int commits;
        private boolean ended;
        private boolean broken;

        public synchronized List<Object> committed() {
            return List.copyOf(committed);
        }

        /** How often writers have committed. */
        public synchronized int commits() {
            return commits;
        }

        /** What the attempt began with, and what its writers have committed. */
        public synchronized List<byte[]> positions() {
            List<byte[]> all = new ArrayList<>(positions.values());
            if (begun.length > 0) {
                all.add(begun);
            }
            return all;
        }

        /** How often the sink was taken over. */
        public synchronized int attempts() {
            return attempts;
        }

        public synchronized boolean isEnded() {
            return ended;
        }

        /** From now on taking the sink over fails, as by a mistake in it. */
        public synchronized void breakDown() {
            broken = true;
        }

        private synchronized Taken takeOver(int last) {
            if (broken) {
                throw new IllegalStateException("broken");
            }
            check(last == -1 || last == attempts - 1, "taken over");
            attempt = -1;
            return new Taken(attempts++, positions());
        }

        private synchronized void begin(int number, byte[] position) {
            check(number == attempts - 1, "taken over");
            attempt = number;
            begun = position;
            positions.clear();
        }

        private synchronized void commit(int number, int replica, List<Object> written, byte[] position) {
            check(number == attempt, "taken over");
            committed.addAll(written);
            positions.put(replica, position);
            commits++;
        }

        private static void check(boolean right, String otherwise) {
            if (!right) {
                throw new InfrastructureException(otherwise);
            }
        }
    }

    public static Kept of(String job) {
        return BY_JOB.computeIfAbsent(job, name -> new Kept());
    }

    @Override
    public String describe() {
        return "keeping";
    }

    @Override
    public void prepare(String job) {
        throw new IllegalStateException("takes no job that commits once");
    }

    @Override
    public Taken takeOver(String job, int last) {
        return of(job).takeOver(last);
    }

    @Override
    public void begin(String job, int attempt, int writers, byte[] position) {
        of(job).begin(attempt, position);
    }

    @Override
    public CommittingWriter<T> open(String job, int replica, int attempt) {
        Kept kept = of(job);
        List<Object> written = new ArrayList<>();
        return new CommittingWriter<>() {
            @Override
            public void write(T record) {
                written.add(record);
            }

            @Override
            public void commit(byte[] position) {
                kept.commit(attempt, replica, written, position);
                written.clear();
            }

            @Override
            public String finish() {
                return String.valueOf(written.size());
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void commit(String job, List<String> finished) {
        synchronized (of(job)) {
            of(job).ended = true;
        }
        if (finished.stream().anyMatch(left -> !left.equals("0"))) {
            throw new InfrastructureException("not all was committed: " + finished);
        }
    }

    @Override
    public void abort(String job) {}
}
