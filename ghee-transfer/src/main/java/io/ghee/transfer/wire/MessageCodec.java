package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;

/**
 * Writes messages and reads them back: the records that a sealed interface permits. What comes back is such a record, whatever
 * the bytes are; {@link Kryos#forMessages} says what may be in one. Used by one thread.
 */
public final class MessageCodec {
    private static final int LONGEST = Integer.MAX_VALUE - 64;

    private final Kryo kryo;
    private final Output out = new Output(1024, LONGEST);

    /** @param root the sealed interface; the same at both ends, of the same class path */
    public MessageCodec(Class<?> root) {
        this.kryo = Kryos.forMessages(root);
    }

    /**
     * Writes a message.
     *
     * @throws ConfigurationException if something in it cannot be sent: a split that is no record
     */
    public byte[] write(Record message) {
        out.reset();
        try {
            kryo.writeClassAndObject(out, message);
        } catch (RuntimeException | StackOverflowError e) {
            throw new ConfigurationException(
                    "a message " + message.getClass().getSimpleName() + " cannot be sent: " + firstLine(e), e);
        }
        return out.toBytes();
    }

    /**
     * Reads a message.
     *
     * @throws InfrastructureException if the bytes are no message of this type, or more than one
     */
    public <M> M read(byte[] bytes, Class<M> type) {
        BoundedInput in = new BoundedInput(ByteBuffer.wrap(bytes));
        Object message;
        try {
            message = kryo.readClassAndObject(in);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // Whatever the constructors of records make of damaged values.
            throw new InfrastructureException(
                    "a control message of " + bytes.length + " bytes cannot be read: " + firstLine(e), e);
        }
        if (!type.isInstance(message) || in.position() != bytes.length) {
            throw new InfrastructureException("a control message of " + bytes.length + " bytes is "
                    + (message == null ? "null" : message.getClass().getSimpleName()) + " of " + in.position()
                    + " bytes (expected: " + type.getSimpleName() + ")");
        }
        return type.cast(message);
    }

    private static String firstLine(Throwable e) {
        return e.toString().lines().findFirst().orElse("");
    }
}
