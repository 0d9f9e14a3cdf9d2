package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.source.Split;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far a job is in its input, as it is kept with the output: which splits there are, where each begins, and what of them
 * has been written. The position of one writer tells the last alone; that which an attempt begins with tells everything.
 *
 * @param splits in the order in which they are numbered; empty in that of a writer
 * @param marks by split: whatever comes before is done with; what one writer does not know, another does
 * @param consumed what has been written of the rest
 */
record Position(List<Begun> splits, Map<Integer, Long> marks, Consumed consumed) {
    private static final int VERSION = 1;

    /** A split, and the first place of it that is not known to be done with. */
    record Begun(String id, long start) {}

    /** Of what one writer has written. */
    static Position of(Map<Integer, Long> marks, Consumed consumed) {
        return new Position(List.of(), marks, consumed);
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(VERSION);
            out.writeInt(splits.size());
            for (Begun split : splits) {
                out.writeUTF(split.id());
                out.writeLong(split.start());
            }
            out.writeInt(marks.size());
            for (Map.Entry<Integer, Long> mark : marks.entrySet()) {
                out.writeInt(mark.getKey());
                out.writeLong(mark.getValue());
            }
            out.write(consumed.toBytes());
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }

    private static Position read(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readInt();
            if (version != VERSION) {
                throw new InfrastructureException("the position of version " + version
                        + " that was kept with the output cannot be read (expected: version " + VERSION + ")");
            }
            List<Begun> splits = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                splits.add(new Begun(in.readUTF(), in.readLong()));
            }
            Map<Integer, Long> marks = new HashMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                marks.put(in.readInt(), in.readLong());
            }
            return new Position(splits, marks, Consumed.read(in.readAllBytes()));
        } catch (IOException e) {
            throw new InfrastructureException("the position that was kept with the output cannot be read: " + e, e);
        }
    }

    /**
     * All of them in one, without marks: the splits begin there.
     *
     * @param kept of which one at most has splits
     */
    static Position join(List<byte[]> kept) {
        List<Begun> splits = new ArrayList<>();
        Map<Integer, Long> marks = new HashMap<>();
        Consumed consumed = new Consumed();
        for (byte[] bytes : kept) {
            Position each = read(bytes);
            splits.addAll(each.splits);
            each.marks.forEach((split, mark) -> marks.merge(split, mark, Math::max));
            consumed.addAll(each.consumed);
        }
        marks.forEach((split, mark) -> {
            Begun begun = splits.get(split);
            splits.set(split, new Begun(begun.id(), Math.max(begun.start(), mark)));
            consumed.forgetBefore(1, split, mark);
        });
        return new Position(splits, Map.of(), consumed);
    }

    /**
     * The splits that the source has now, in the order of this position: those that were there before first.
     *
     * @throws ConfigurationException if one of these is gone
     */
    <S extends Split> List<S> inOrder(List<S> now, String source) {
        Map<String, S> byId = new HashMap<>();
        now.forEach(split -> byId.put(split.id(), split));
        List<S> ordered = new ArrayList<>();
        Set<String> known = new HashSet<>();
        for (Begun begun : splits) {
            S split = byId.get(begun.id());
            if (split == null) {
                throw new ConfigurationException(source + " has no " + begun.id()
                        + " any more, which the job has begun to read (expected: the same input, or another output)");
            }
            ordered.add(split);
            known.add(begun.id());
        }
        now.stream().filter(split -> !known.contains(split.id())).forEach(ordered::add);
        return ordered;
    }

    /** The same for splits in order, of which those that are not known yet begin where they say. */
    Position with(List<? extends Split> ordered) {
        List<Begun> all = new ArrayList<>(splits);
        ordered.stream()
                .skip(splits.size())
                .map(split -> new Begun(split.id(), split.firstPlace()))
                .forEach(all::add);
        return new Position(all, Map.of(), consumed);
    }
}
