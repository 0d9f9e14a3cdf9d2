package io.ghee.run;

import io.ghee.channel.Origins;
import java.util.Arrays;

/**
 * How the origins of records are followed in the chain of one stage. In the last stage they are not: a record has arrived
 * when it enters, and lives and dies with the replica.
 *
 * @param ids whether each record has an origin
 * @param paths whether one record can have become several before the last stage
 * @param ledger where it is noted what comes and goes
 */
record Lineage(boolean ids, boolean paths, Ledger ledger) {
    /** Follows nothing. */
    static final Lineage NONE = new Lineage(false, false, Ledger.none());

    /** The origins of records that are being collected for a batch. */
    final class Rows {
        private long[] id = new long[ids ? 64 : 0];
        private long[] path = new long[paths ? 64 : 0];
        private int size;

        void add(long nextId, long nextPath) {
            if (!ids) {
                return;
            }
            if (size == id.length) {
                id = Arrays.copyOf(id, size * 2);
                path = paths ? Arrays.copyOf(path, size * 2) : path;
            }
            id[size] = nextId;
            if (paths) {
                path[size] = nextPath;
            }
            size++;
        }

        /** Takes the first {@code rows} away; all there are, if origins are not followed. */
        Origins take(int rows) {
            if (!ids) {
                return Origins.NONE;
            }
            Origins taken = Origins.of(Arrays.copyOf(id, rows), paths ? Arrays.copyOf(path, rows) : null);
            System.arraycopy(id, rows, id, 0, size - rows);
            if (paths) {
                System.arraycopy(path, rows, path, 0, size - rows);
            }
            size -= rows;
            return taken;
        }
    }

    Rows rows() {
        return new Rows();
    }
}
