package io.ghee.testing;

import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.source.UnboundedSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Partitions of this JVM that grow while they are read, by the name of the source. Places are even numbers from 100 on, so
 * that neither their start nor their distance is that of a count.
 */
public record GrowingSource(String name, int partitions) implements UnboundedSource<Integer> {
    private static final int FIRST = 100;
    private static final Map<String, List<List<Integer>>> BY_NAME = new ConcurrentHashMap<>();

    private record Partition(int number) implements Split {
        @Override
        public String describe() {
            return "partition-" + number;
        }

        @Override
        public long start() {
            return FIRST;
        }
    }

    private static List<List<Integer>> of(String name, int partitions) {
        return BY_NAME.computeIfAbsent(
                name,
                n -> IntStream.range(0, partitions)
                        .mapToObj(k -> (List<Integer>) new ArrayList<Integer>())
                        .toList());
    }

    /** Adds a record to a partition. */
    public void add(int partition, int record) {
        List<Integer> records = of(name, partitions).get(partition);
        synchronized (records) {
            records.add(record);
            records.notifyAll();
        }
    }

    @Override
    public String describe() {
        return "growing " + name;
    }

    @Override
    public List<Partition> splits(int readers) {
        return IntStream.range(0, partitions).mapToObj(Partition::new).toList();
    }

    @Override
    public SplitReader<Integer> open(Split split) {
        return open(split, split.start());
    }

    @Override
    public SplitReader<Integer> open(Split split, long place) {
        List<Integer> records = of(name, partitions).get(((Partition) split).number());
        return new SplitReader<>() {
            private int next = (int) (place - FIRST + 1) / 2;

            @Override
            public @Nullable Integer next() throws InterruptedException {
                synchronized (records) {
                    if (next >= records.size()) {
                        records.wait(2);
                    }
                    return next < records.size() ? records.get(next++) : null;
                }
            }

            @Override
            public boolean isOver() {
                return false;
            }

            @Override
            public long place(long counted) {
                return FIRST + 2L * (next - 1);
            }

            @Override
            public long lag() {
                synchronized (records) {
                    return records.size() - next;
                }
            }

            @Override
            public String position() {
                return split.describe() + "@" + (FIRST + 2 * (next - 1));
            }

            @Override
            public void close() {}
        };
    }
}
