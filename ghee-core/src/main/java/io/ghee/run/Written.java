package io.ghee.run;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Up to where everything of each split has been written and committed: its mark. What comes before it needs no memory.
 *
 * <p>That all records before a place have arrived, or have ended on the way, is known from the workers' accounts. But what
 * has arrived at one writer may not be committed yet. So the driver proposes marks; each writer agrees by a commit that it
 * has begun after it knew of them, as that takes in whatever had arrived before; and when all have, the marks stand. Then
 * every position that a writer commits bears them. Guarded by the driver.
 */
final class Written {
    private final long[] agreements;
    private long[] marks;
    private long[] proposal;
    private long agreed;
    private long proposed;

    Written(int writers) {
        this.agreements = new long[writers];
        this.marks = new long[0];
        this.proposal = marks;
    }

    /** An attempt of the last stage begins with these marks. */
    void begin(long[] all) {
        Arrays.fill(agreements, 0);
        marks = all;
        proposal = all;
        // Numbers go on: what is said of an earlier attempt agrees to nothing.
        proposed++;
        agreed = proposed;
    }

    /** The marks that stand, by split; none before {@link #begin}. */
    long[] marks() {
        return marks.clone();
    }

    /** The mark of a split. */
    long mark(int split) {
        return marks[split];
    }

    /**
     * A writer has committed.
     *
     * @param number of the proposal that it knew of before
     */
    void agree(int writer, long number) {
        agreements[writer] = Math.max(agreements[writer], number);
        if (proposed > agreed && Arrays.stream(agreements).allMatch(each -> each >= proposed)) {
            marks = proposal;
            agreed = proposed;
        }
    }

    /** Proposes marks, if there is nothing that is still to be agreed to. */
    void propose(Cursor cursor) {
        if (proposed == agreed && cursor.hasGrown()) {
            long[] next = cursor.marks(marks);
            if (!Arrays.equals(next, marks)) {
                proposal = next;
                proposed++;
            }
        }
    }

    /**
     * What a writer is told.
     *
     * @param known the number of the marks that it knows
     */
    Guidance guidance(List<WorkerProgress.Settled> settled, long known, boolean draining) {
        Map<Integer, Long> news = new HashMap<>();
        if (known < agreed) {
            for (int split = 0; split < marks.length; split++) {
                news.put(split, marks[split]);
            }
        }
        return new Guidance(settled, proposed, agreed, news, draining, false);
    }
}
