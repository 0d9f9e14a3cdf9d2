package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.ByteBufferInput;
import java.nio.ByteBuffer;

/**
 * Reads what Kryo wrote, and refuses a length before anything is allocated for it. Kryo takes lengths as it finds them: five
 * damaged bytes can ask for an array of eight GiB.
 *
 * <p>Lengths are not told apart from ordinals and references, which are read in the same way but are small; what is read so
 * and can be large, the nanoseconds of a {@code java.sql.Timestamp}, {@link Kryos} reads in another way.
 */
final class BoundedInput extends ByteBufferInput {
    /** More elements than bytes are only in collections of nulls, and an enum may have many constants. */
    private static final int SLACK = 1 << 16;

    /** So many elements of collections, beyond one for each byte, may be in all. */
    private static final int MORE_ELEMENTS = 1 << 24;

    private final long largest;
    private long elements;

    BoundedInput(ByteBuffer payload) {
        super(payload);
        this.largest = (long) payload.remaining() + SLACK;
    }

    /** A plain number; lengths are read by the two methods below. */
    @Override
    public int readInt(boolean optimizePositive) {
        return super.readVarInt(optimizePositive);
    }

    @Override
    public int readVarInt(boolean optimizePositive) {
        int value = super.readVarInt(optimizePositive);
        return optimizePositive ? check(value) : value;
    }

    @Override
    public int readVarIntFlag(boolean optimizePositive) {
        int value = super.readVarIntFlag(optimizePositive);
        return optimizePositive ? check(value) : value;
    }

    /** Counts the elements of a collection that is about to be read: nulls and empty records may take no bytes. */
    void count(int length) {
        elements += length;
        if (elements > largest + MORE_ELEMENTS) {
            throw new KryoException("elements: " + elements + " (expected: <= " + (largest + MORE_ELEMENTS) + ")");
        }
    }

    private int check(int length) {
        if (length < 0 || length > largest) {
            throw new KryoException("length: " + length + " (expected: 0 to " + largest + ")");
        }
        return length;
    }
}
