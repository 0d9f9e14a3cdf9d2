package io.ghee.testing;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Collects what a job of this JVM writes, and what becomes of it; {@link #of} shows it by the job's name. */
public record CollectSink<T>() implements Sink<T> {
    private static final Map<String, Collected> BY_JOB = new ConcurrentHashMap<>();

    /** What the sink has been through. Safe to read while the job runs. */
    public static final class Collected {
        private final Map<Integer, List<Object>> written = new TreeMap<>();
        private final List<String> events = new ArrayList<>();

        /** The steps of the protocol, in order: {@code prepare}, {@code commit [0: 3, 1: 2]}, {@code abort}. */
        public synchronized List<String> events() {
            return List.copyOf(events);
        }

        public synchronized boolean isCommitted() {
            return events.stream().anyMatch(event -> event.startsWith("commit"));
        }

        /** What each replica has written, in order, committed or not. */
        public synchronized List<List<Object>> byReplica() {
            return written.values().stream().map(List::copyOf).toList();
        }

        private synchronized void open(int replica) {
            written.put(replica, new ArrayList<>());
        }

        private synchronized void write(int replica, Object record) {
            written.get(replica).add(record);
        }

        private synchronized String count(int replica) {
            return replica + ": " + written.get(replica).size();
        }

        private synchronized void event(String event) {
            events.add(event);
        }
    }

    public static Collected of(String job) {
        return BY_JOB.get(job);
    }

    @Override
    public String describe() {
        return "collection";
    }

    @Override
    public void prepare(String job) {
        BY_JOB.computeIfAbsent(job, name -> new Collected()).event("prepare");
    }

    @Override
    public SinkWriter<T> open(String job, int replica, int attempt) {
        Collected collected = of(job);
        collected.open(replica);
        return new SinkWriter<>() {
            @Override
            public void write(T record) {
                collected.write(replica, record);
            }

            @Override
            public String finish() {
                return collected.count(replica);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void commit(String job, List<String> finished) {
        of(job).event("commit " + finished);
    }

    @Override
    public void abort(String job) {
        of(job).event("abort");
    }
}
