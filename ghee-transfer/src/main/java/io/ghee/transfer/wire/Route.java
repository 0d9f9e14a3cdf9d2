package io.ghee.transfer.wire;

import java.nio.ByteBuffer;

/**
 * From whom to whom a message goes. It lies in every message as 24 bytes: the job, then the others in order.
 *
 * @param job the number that everything of the job bears
 * @param generation the attempt of the job
 * @param edge the index of the receiving stage
 * @param sender the replica that sends frames
 * @param consumer the replica that receives them
 */
public record Route(long job, int generation, int edge, int sender, int consumer) {
    static final int BYTES = 24;

    void writeTo(ByteBuffer out, int at) {
        out.putLong(at, job).putInt(at + 8, generation).putInt(at + 12, edge);
        out.putInt(at + 16, sender).putInt(at + 20, consumer);
    }

    static Route read(ByteBuffer in, int at) {
        return new Route(in.getLong(at), in.getInt(at + 8), in.getInt(at + 12), in.getInt(at + 16), in.getInt(at + 20));
    }
}
