package io.ghee.agent;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.InfrastructureException;
import io.ghee.run.Failure;
import io.ghee.run.WorkerProgress;
import io.ghee.source.Split;
import io.ghee.transfer.OutletAddress;
import io.ghee.transfer.wire.Kryos;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What driver and workers say to each other on the control channel. One sealed type for each receiver. */
sealed interface ControlMessage {
    /** What the driver receives. */
    sealed interface ToDriver extends ControlMessage {}

    /** What a worker receives. */
    sealed interface ToWorker extends ControlMessage {}

    /** A worker is there, and says who it is. */
    record Hello(int protocol, int jdk, String stage, int replica, long pid) implements ToDriver {}

    /**
     * A worker has what it needs, and waits for {@link Start}.
     *
     * @param outlet where its outlet is bound; null in the last stage
     */
    record Ready(int stage, int replica, @Nullable OutletAddress outlet) implements ToDriver {}

    record NextSplit(int replica) implements ToDriver {}

    record Deal(int stage, int epoch, int rows) implements ToDriver {}

    record Skip(int stage, int replica, String message) implements ToDriver {}

    record Progress(WorkerProgress progress) implements ToDriver {}

    record Finished(int stage, int replica, String committable, WorkerProgress progress) implements ToDriver {}

    record Failed(Failure failure) implements ToDriver {}

    /** Asks whether the driver is still there. */
    record Alive() implements ToDriver {}

    /** The protocol is another, or the JDK. */
    record Refused(String reason) implements ToWorker {}

    /**
     * Answers {@link Hello} with the work.
     *
     * @param job the number that the job's frames bear
     */
    record Welcome(PlanBytes plan, long job) implements ToWorker {}

    /** Every worker is ready: begin. */
    record Start(List<OutletAddress> senders) implements ToWorker {}

    /** Answers {@link NextSplit}; no split: there is nothing more. */
    record Assigned(int epoch, @Nullable Split split) implements ToWorker {}

    /** Answers {@link Deal}. */
    record Dealt(int consumer) implements ToWorker {}

    /** Answers {@link Skip}. */
    record SkipAllowed(boolean allowed) implements ToWorker {}

    /** Answers {@link Alive}. */
    record Heard() implements ToWorker {}

    /** End now. */
    record Stop() implements ToWorker {}

    /** The version of these messages. */
    int PROTOCOL = 1;

    /** Writes and reads messages. Used by one thread. */
    final class Codec {
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
         * @throws InfrastructureException if the bytes are none
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
}
