package io.ghee.run;

import io.ghee.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far training is in its input at the end of a step, as it is kept in a checkpoint: of all ranks together, or of one.
 *
 * @param step how many steps each rank has taken, over all epochs
 * @param epoch the pass at hand
 * @param readers how many readers the input was cut for
 * @param splits the ids of the input's splits, in the order of their numbers; empty in that of a rank
 * @param consumed what of the pass at hand has been trained on
 * @param counted what has been counted so far
 * @param states the parts of the checkpoint that hold the state, in the order of the ranks
 */
record TrainPosition(
        long step,
        int epoch,
        int readers,
        List<String> splits,
        Consumed consumed,
        Start.Counted counted,
        List<Start.State> states) {
    private static final int VERSION = 1;

    /** That of one rank. */
    static TrainPosition ofRank(
            long step, int epoch, Consumed consumed, Start.Counted counted, List<Start.State> states) {
        return new TrainPosition(step, epoch, 0, List.of(), consumed, counted, states);
    }

    /** What all ranks tell of the same step. */
    static TrainPosition join(List<TrainPosition> ranks, int readers, List<String> splits) {
        Consumed consumed = new Consumed();
        Start.Counted counted = Start.Counted.NOTHING;
        for (TrainPosition rank : ranks) {
            consumed.addAll(rank.consumed);
            counted = counted.plus(rank.counted);
        }
        TrainPosition first = ranks.get(0);
        List<Start.State> states =
                ranks.stream().flatMap(rank -> rank.states.stream()).toList();
        return new TrainPosition(first.step, first.epoch, readers, splits, consumed, counted, states);
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(VERSION);
            out.writeLong(step);
            out.writeInt(epoch);
            out.writeInt(readers);
            out.writeInt(splits.size());
            for (String split : splits) {
                out.writeUTF(split);
            }
            out.writeLong(counted.training().records());
            out.writeLong(counted.training().nanos());
            out.writeLong(counted.training().stallNanos());
            out.writeInt(counted.tallies().size());
            for (Map.Entry<String, Map<Integer, Long>> tally : counted.tallies().entrySet()) {
                out.writeUTF(tally.getKey());
                out.writeInt(tally.getValue().size());
                for (Map.Entry<Integer, Long> each : tally.getValue().entrySet()) {
                    out.writeInt(each.getKey());
                    out.writeLong(each.getValue());
                }
            }
            out.writeInt(states.size());
            for (Start.State state : states) {
                out.writeUTF(state.part());
                out.writeLong(state.bytes());
                out.writeLong(state.checksum());
            }
            out.write(consumed.toBytes());
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @param where it was kept, for messages
     * @throws InputException if it is damaged, or of another version
     */
    static TrainPosition read(byte[] bytes, String where) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readInt();
            if (version != VERSION) {
                throw new InputException(where + ": of version " + version + " (expected: version " + VERSION + ")");
            }
            long step = in.readLong();
            int epoch = in.readInt();
            int readers = in.readInt();
            List<String> splits = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                splits.add(in.readUTF());
            }
            Start.Counted counted = counted(in);
            List<Start.State> states = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                states.add(new Start.State(in.readUTF(), in.readLong(), in.readLong()));
            }
            return new TrainPosition(step, epoch, readers, splits, Consumed.read(in.readAllBytes()), counted, states);
        } catch (IOException e) {
            throw new InputException(where + " is damaged: " + e, e);
        }
    }

    private static Start.Counted counted(DataInputStream in) throws IOException {
        WorkerProgress.Training training = new WorkerProgress.Training(in.readLong(), in.readLong(), in.readLong());
        Map<String, Map<Integer, Long>> tallies = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            Map<Integer, Long> byEpoch = tallies.computeIfAbsent(in.readUTF(), name -> new TreeMap<>());
            for (int each = in.readInt(); each > 0; each--) {
                byEpoch.put(in.readInt(), in.readLong());
            }
        }
        return new Start.Counted(training, tallies);
    }
}
