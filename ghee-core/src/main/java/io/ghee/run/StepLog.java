package io.ghee.run;

import io.ghee.channel.Origins;
import io.ghee.train.CheckpointStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/**
 * Writes down which records a rank is given in which step, in parts that {@link TrainAudit} reads. The task's thread writes
 * down, and cuts; another one may store.
 */
final class StepLog {
    /** Characters that are held at most before a part is stored, between two checkpoints. */
    private static final int LARGE = 1 << 20;

    private final CheckpointStore store;
    private final int attempt;
    private final int rank;
    private final StringBuilder lines = new StringBuilder();
    private final ArrayDeque<Cut> unstored = new ArrayDeque<>();
    private long first;
    private long last;

    private record Cut(TrainAudit.Part part, byte[] text) {}

    StepLog(CheckpointStore store, int attempt, int rank) {
        this.store = store;
        this.attempt = attempt;
        this.rank = rank;
    }

    void given(long step, int epoch, Origins origins) {
        if (lines.isEmpty()) {
            first = step;
        }
        last = step;
        TrainAudit.write(step, epoch, origins, lines);
    }

    boolean isLarge() {
        return lines.length() >= LARGE;
    }

    /** What was written down since the last time is a part now, which is to be stored. */
    void cut() {
        if (!lines.isEmpty()) {
            byte[] text = lines.toString().getBytes(StandardCharsets.US_ASCII);
            lines.setLength(0);
            synchronized (this) {
                unstored.add(new Cut(new TrainAudit.Part(attempt, rank, first, last), text));
            }
        }
    }

    /** Stores all parts that are not; those that it does not come to are stored the next time. */
    synchronized void store() throws IOException {
        for (Cut next = unstored.peek(); next != null; next = unstored.peek()) {
            byte[] text = next.text();
            store.note(next.part().name(), out -> out.write(text));
            unstored.remove();
        }
    }
}
