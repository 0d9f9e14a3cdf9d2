package io.ghee.transfer.collective;

import io.ghee.transfer.Strangers;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Someone who has connected, and has not yet shown who that is. Used by the thread of {@link RingWatch}.
 */
final class Visitor {
    private final SocketChannel channel;
    private final long job;
    private final byte @Nullable [] key;
    private final Strangers strangers;
    private final long since = System.nanoTime();
    private final ByteBuffer in = ByteBuffer.allocate(Hello.BYTES);
    private final byte[] once = Hello.fresh();
    private @Nullable Hello hello;
    private boolean closed;

    /** @param channel does not block */
    Visitor(SocketChannel channel, long job, byte @Nullable [] key, Strangers strangers) {
        this.channel = channel;
        this.job = job;
        this.key = key;
        this.strangers = strangers;
    }

    /** The number that the answer begins with. */
    byte[] once() {
        return once;
    }

    /** Nanoseconds since the connection was accepted. */
    long age() {
        return System.nanoTime() - since;
    }

    boolean isClosed() {
        return closed;
    }

    SocketChannel channel() {
        return channel;
    }

    /**
     * Reads what has arrived, and answers.
     *
     * @param expected the ring whose left neighbour is let in, if any
     * @return what the visitor said, once it has shown that it belongs to the ring; the channel is the caller's then
     */
    @Nullable
    Hello ready(@Nullable Ring expected) {
        try {
            if (channel.read(in) < 0) {
                throw new EOFException("connection closed before it was known whose it was");
            }
            if (in.hasRemaining()) {
                return null;
            }
            in.flip();
            Hello known = hello;
            if (known == null) {
                greet(expected);
                return null;
            }
            byte[] proof = new byte[Hello.PROOF_BYTES];
            in.get(proof);
            if (!MessageDigest.isEqual(proof, known.proof(key, once))) {
                refuse("it does not have the key of the job");
            } else if (expected == null || !expected.isLeft(known)) {
                refuse("the ring that it asked for is no more");
            } else {
                closed = true;
                return known;
            }
        } catch (IOException e) {
            refuse("it ended or broke before it was known whose it was");
        }
        return null;
    }

    private void greet(@Nullable Ring expected) throws IOException {
        Hello said = Hello.read(in);
        if (said == null) {
            refuse("it does not speak this protocol");
        } else if (said.job() != job) {
            refuse("it is of another job");
        } else if (expected == null || said.attempt() > expected.attempt()) {
            // This rank is not there yet: the other one will come again.
            close();
        } else if (!expected.isLeft(said)) {
            refuse("it is of an earlier attempt, or of no left neighbour");
        } else {
            hello = said;
            in.clear().limit(Hello.PROOF_BYTES);
            ByteBuffer answer = ByteBuffer.wrap(said.answer(key, once));
            channel.write(answer);
            if (answer.hasRemaining()) {
                throw new IOException("the answer was not taken");
            }
        }
    }

    /** Drops it. */
    void refuse(String cause) {
        strangers.dropped("a connection to the ring", cause);
        close();
    }

    void close() {
        closed = true;
        Closing.quietly(channel);
    }
}
