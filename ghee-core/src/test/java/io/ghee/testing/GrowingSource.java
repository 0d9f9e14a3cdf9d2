package io.ghee.testing;

import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.source.UnboundedSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Partitions of this JVM that grow while they are read, by the name of the source. Places are even numbers from 100 on, so
 * that neither their start nor their distance is that of a count.
 */
public record GrowingSource(String name, int partitions) implements UnboundedSource<Integer> {
    private static final int FIRST = 100;
    private static final Map<String, List<List<Integer>>> BY_NAME = new ConcurrentHashMap<>();

    private static final Map<String, Map<String, Long>> COMMITTED = new ConcurrentHashMap<>();

    private record Partition(int number) implements Split {
        @Override
        public String describe() {
            return "partition-" + number;
        }

        @Override
        public long firstPlace() {
            return FIRST;
        }
    }

    private static List<List<Integer>> of(String name, int partitions) {
        return BY_NAME.computeIfAbsent(
                name,
                n -> IntStream.range(0, partitions)
                        .mapToObj(k -> (List<Integer>) new ArrayList<Integer>())
                        .collect(Collectors.toCollection(CopyOnWriteArrayList::new)));
    }

    /** Adds a partition; returns its number. */
    public int addPartition() {
        of(name, partitions).add(new ArrayList<>());
        return of(name, partitions).size() - 1;
    }

    /** What the source was told last, by partition, of what is committed. */
    public Map<String, Long> committed() {
        return COMMITTED.getOrDefault(name, Map.of());
    }

    @Override
    public void committed(Map<Split, Long> places) {
        COMMITTED.put(
                name,
                places.entrySet().stream()
                        .collect(Collectors.toMap(each -> each.getKey().id(), Map.Entry::getValue)));
    }

    @Override
    public Duration lookEvery() {
        return Duration.ofMillis(200);
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
        return IntStream.range(0, of(name, partitions).size())
                .mapToObj(Partition::new)
                .toList();
    }

    @Override
    public SplitReader<Integer> open(Split split) {
        return open(split, split.firstPlace());
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
