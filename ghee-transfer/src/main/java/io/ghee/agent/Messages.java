package io.ghee.agent;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.Kryos;
import java.io.ByteArrayOutputStream;

/** Writes and reads {@link ControlMessage}s. Used by one thread. */
final class Messages {
    private final Kryo kryo = Kryos.forRecords();

    byte[] write(ControlMessage message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Output out = new Output(bytes);
        kryo.writeClassAndObject(out, message);
        out.flush();
        return bytes.toByteArray();
    }

    /**
     * Reads a message.
     *
     * @throws InfrastructureException if the bytes are none, or none for this receiver
     */
    <M extends ControlMessage> M read(byte[] bytes, Class<M> receiver) {
        try {
            return receiver.cast(kryo.readClassAndObject(new Input(bytes)));
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            throw new InfrastructureException(
                    "a control message of " + bytes.length + " bytes cannot be read: " + e.getMessage(), e);
        }
    }
}
