package io.ghee.transfer.collective;

import io.ghee.train.Collective.Reduction;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;

/**
 * What a rank calls. It goes ahead of the data of every operation, {@value #BYTES} bytes, and each rank compares that of its
 * left neighbour with its own.
 *
 * @param how matters to those that reduce
 * @param count of the elements that every rank must bring as many of; 0 where the lengths are free
 * @param root matters to broadcast
 */
record Call(Operation operation, Reduction how, Values.Type type, long count, int root) {
    static final int BYTES = 16;

    /** The first byte, so that bytes that are no call are hardly taken for one. */
    private static final byte MARK = (byte) 0xc5;

    private static final List<Operation> OPERATIONS = List.of(Operation.values());
    private static final List<Reduction> REDUCTIONS = List.of(Reduction.values());
    private static final List<Values.Type> TYPES = List.of(Values.Type.values());

    /** The operations of a collective. */
    enum Operation {
        ALL_REDUCE("allReduce"),
        REDUCE_SCATTER("reduceScatter"),
        ALL_GATHER("allGather"),
        ALL_GATHER_BYTES("allGather of bytes"),
        BROADCAST("broadcast"),
        BARRIER("barrier");

        private final String text;

        Operation(String text) {
            this.text = text;
        }
    }

    void writeTo(ByteBuffer out) {
        out.put(MARK)
                .put((byte) OPERATIONS.indexOf(operation))
                .put((byte) REDUCTIONS.indexOf(how))
                .put((byte) TYPES.indexOf(type))
                .putInt(root)
                .putLong(count);
    }

    /** Reads what {@link #writeTo} wrote. */
    static Call read(ByteBuffer in) {
        byte mark = in.get();
        int operation = in.get();
        int how = in.get();
        int type = in.get();
        int root = in.getInt();
        long count = in.getLong();
        if (mark != MARK
                || operation < 0
                || operation >= OPERATIONS.size()
                || how < 0
                || how >= REDUCTIONS.size()
                || type < 0
                || type >= TYPES.size()) {
            throw new IllegalStateException("the ring is out of step: no call where one was expected");
        }
        return new Call(OPERATIONS.get(operation), REDUCTIONS.get(how), TYPES.get(type), count, root);
    }

    /** As a user would say it. */
    @Override
    public String toString() {
        return switch (operation) {
            case ALL_REDUCE, REDUCE_SCATTER -> operation.text + " " + how + " of " + data();
            case ALL_GATHER -> operation.text + " of " + data();
            case BROADCAST -> operation.text + " from rank " + root + " of " + data();
            case ALL_GATHER_BYTES, BARRIER -> operation.text;
        };
    }

    private String data() {
        return count + " " + type.name().toLowerCase(Locale.ROOT);
    }
}
