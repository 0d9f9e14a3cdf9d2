package io.ghee.run;

import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.longlong.Roaring64NavigableMap;

/**
 * Records that have arrived in the last stage: for each split of an epoch the set of their places in it, as compressed
 * bitmaps. Used by one thread.
 */
final class Consumed {
    /** By epoch and split, then by path: few, as the records of one split take the same ones. */
    private final Map<Long, Map<Long, Roaring64NavigableMap>> splits = new HashMap<>();

    private long recentKey = -1;
    private long recentPath;
    private @Nullable Roaring64NavigableMap recent;

    /** Adds every row of a batch. */
    void add(int epoch, Origins origins) {
        for (int row = 0; row < origins.rows(); row++) {
            add(epoch, origins.id(row), origins.path(row));
        }
    }

    void add(int epoch, long id, long path) {
        long key = key(epoch, Origins.split(id));
        Roaring64NavigableMap places = recent;
        if (places == null || key != recentKey || path != recentPath) {
            places = splits.computeIfAbsent(key, k -> new HashMap<>())
                    .computeIfAbsent(path, p -> new Roaring64NavigableMap());
            recent = places;
            recentKey = key;
            recentPath = path;
        }
        places.addLong(Origins.record(id));
    }

    private static long key(int epoch, int split) {
        return (long) epoch << 32 | split;
    }

    boolean contains(int epoch, long id, long path) {
        Map<Long, Roaring64NavigableMap> paths = splits.get(key(epoch, Origins.split(id)));
        Roaring64NavigableMap places = paths == null ? null : paths.get(path);
        return places != null && places.contains(Origins.record(id));
    }

    /** The first place of a split, from {@code start} on, that is not here, or not with all that has become of it. */
    long firstMissing(int epoch, int split, long start) {
        Map<Long, Roaring64NavigableMap> paths = splits.get(key(epoch, split));
        Roaring64NavigableMap places = paths == null || paths.size() > 1 ? null : paths.get(0L);
        if (places == null) {
            return start;
        }
        // Nothing is here from before the start: so all of [start, middle] is, if there are as many as that.
        long known = start;
        long beyond = start + places.getLongCardinality() + 1;
        while (known < beyond - 1) {
            long middle = (known + beyond) >>> 1;
            if (places.rankLong(middle - 1) == middle - start) {
                known = middle;
            } else {
                beyond = middle;
            }
        }
        return known;
    }

    boolean isEmpty() {
        return splits.isEmpty();
    }

    /** Forgets a split that is not going to be read again. */
    void forget(int epoch, int split) {
        splits.remove(key(epoch, split));
        recent = null;
    }

    /** Forgets the places of a split before {@code end}. */
    void forgetBefore(int epoch, int split, long end) {
        Map<Long, Roaring64NavigableMap> paths = splits.get(key(epoch, split));
        if (paths == null) {
            return;
        }
        if (end >= Origins.MAX_RECORDS) {
            forget(epoch, split);
            return;
        }
        for (Roaring64NavigableMap places : paths.values()) {
            if (places.first() < end) {
                Roaring64NavigableMap before = new Roaring64NavigableMap();
                before.addRange(places.first(), end);
                places.andNot(before);
            }
        }
        paths.values().removeIf(Roaring64NavigableMap::isEmpty);
        if (paths.isEmpty()) {
            forget(epoch, split);
        }
        recent = null;
    }

    /** Forgets all epochs up to {@code last}. */
    void forgetUntil(int last) {
        splits.keySet().removeIf(key -> key >>> 32 <= last);
        recent = null;
    }

    /** Adds what another replica has consumed. */
    void addAll(Consumed other) {
        other.splits.forEach(
                (key, paths) -> paths.forEach((path, places) -> splits.computeIfAbsent(key, k -> new HashMap<>())
                        .computeIfAbsent(path, p -> new Roaring64NavigableMap())
                        .or(places)));
    }

    /** What has been consumed of one split alone. */
    Consumed of(int epoch, int split) {
        Consumed part = new Consumed();
        Map<Long, Roaring64NavigableMap> paths = splits.get(key(epoch, split));
        if (paths != null) {
            part.splits.put(key(epoch, split), paths);
        }
        return part;
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(splits.size());
            for (Map.Entry<Long, Map<Long, Roaring64NavigableMap>> split : splits.entrySet()) {
                out.writeLong(split.getKey());
                out.writeInt(split.getValue().size());
                for (Map.Entry<Long, Roaring64NavigableMap> path :
                        split.getValue().entrySet()) {
                    out.writeLong(path.getKey());
                    path.getValue().runOptimize();
                    path.getValue().serializePortable(out);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #toBytes} wrote; nothing at all is an empty set. */
    static Consumed read(byte[] bytes) {
        Consumed read = new Consumed();
        if (bytes.length == 0) {
            return read;
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int splits = in.readInt();
            for (int k = 0; k < splits; k++) {
                Map<Long, Roaring64NavigableMap> paths =
                        read.splits.computeIfAbsent(in.readLong(), key -> new HashMap<>());
                int count = in.readInt();
                for (int p = 0; p < count; p++) {
                    Roaring64NavigableMap places = new Roaring64NavigableMap();
                    paths.put(in.readLong(), places);
                    places.deserializePortable(in);
                }
            }
        } catch (IOException | RuntimeException e) {
            throw new InfrastructureException("what a worker has consumed cannot be read: " + e, e);
        }
        return read;
    }
}
