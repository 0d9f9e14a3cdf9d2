package io.ghee.io.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads sources as a worker does: all its splits at a time, in turn, in one thread. */
final class KafkaReading {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private KafkaReading() {}

    /** The records of a bounded source, to its end. */
    static <T> List<T> all(Source<T> source) throws Exception {
        return all(source, source.splits(1));
    }

    static <T> List<T> all(Source<T> source, List<? extends Split> splits) throws Exception {
        List<SplitReader<T>> readers = new ArrayList<>();
        List<T> records = new ArrayList<>();
        try {
            for (Split split : splits) {
                readers.add(source.open(split));
            }
            List<SplitReader<T>> open = new ArrayList<>(readers);
            long start = System.nanoTime();
            while (!open.isEmpty()) {
                inTime(start);
                open.removeIf(reader -> !drain(reader, records));
            }
        } finally {
            for (SplitReader<T> reader : readers) {
                reader.close();
            }
        }
        return records;
    }

    /** Takes what there is; false at the end. */
    private static <T> boolean drain(SplitReader<T> reader, List<T> into) {
        try {
            for (T record = reader.next(); record != null; record = reader.next()) {
                into.add(record);
            }
            return !reader.isOver();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The next {@code n} records of a reader. */
    static <T> List<T> take(SplitReader<T> reader, int n) throws Exception {
        List<T> records = new ArrayList<>();
        long start = System.nanoTime();
        while (records.size() < n) {
            inTime(start);
            T record = reader.next();
            if (record != null) {
                records.add(record);
            } else {
                assertThat(reader.isOver()).as("over after " + records).isFalse();
            }
        }
        return records;
    }

    static void inTime(long startNanos) {
        assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
                .as("reading")
                .isLessThan(DEADLINE);
    }

    /** Opens the only split. */
    static <T> SplitReader<T> only(Source<T> source) throws Exception {
        List<? extends Split> splits = source.splits(1);
        assertThat(splits).hasSize(1);
        return source.open(splits.get(0));
    }

    /** What arrives in another process. */
    @SuppressWarnings("unchecked")
    static <T> T shipped(T value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }
}
