package io.ghee.transfer.collective;

import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What a rank says first when it connects to its right neighbour. The neighbour answers with a number that was never used
 * before and the proof that it has the key of the job; then the caller proves that, too. Both proofs, and the keys that the
 * connection is sealed under, are HMAC-SHA256 over this and that number, so that nothing that was overheard is of use again.
 * A job without a key has one of zeros, which proves nothing.
 *
 * @param from the rank that connects
 * @param to the rank that is connected to
 * @param size how many ranks the caller knows of
 * @param once 16 bytes never used before
 */
record Hello(long job, int attempt, int from, int to, int size, Line line, byte[] once) {
    /** The connections from a rank to its right neighbour. */
    enum Line {
        /** Of the thread that uses the collective. */
        DATA(0),
        /** Of {@link RingWatch}. */
        WATCH(1);

        private final int code;

        Line(int code) {
            this.code = code;
        }
    }

    static final int ONCE_BYTES = 16;
    static final int PROOF_BYTES = 32;
    static final int BYTES = 8 + 8 + 5 * 4 + ONCE_BYTES;
    static final int ANSWER_BYTES = ONCE_BYTES + PROOF_BYTES;

    /** "ghering" and the version of the protocol. */
    private static final long MAGIC = 0x676865_72696e67_01L;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** 16 bytes never used before. */
    static byte[] fresh() {
        byte[] once = new byte[ONCE_BYTES];
        RANDOM.nextBytes(once);
        return once;
    }

    byte[] bytes() {
        ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(MAGIC).putLong(job).putInt(attempt).putInt(from).putInt(to).putInt(size);
        out.putInt(line.code).put(once);
        return out.array();
    }

    /** Reads {@value #BYTES} bytes; null if they are none of ours. */
    static @Nullable Hello read(ByteBuffer in) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        if (in.getLong() != MAGIC) {
            return null;
        }
        long job = in.getLong();
        int attempt = in.getInt();
        int from = in.getInt();
        int to = in.getInt();
        int size = in.getInt();
        int line = in.getInt();
        byte[] once = new byte[ONCE_BYTES];
        in.get(once);
        return line != Line.DATA.code && line != Line.WATCH.code
                ? null
                : new Hello(job, attempt, from, to, size, line == Line.DATA.code ? Line.DATA : Line.WATCH, once);
    }

    private byte[] mac(byte @Nullable [] key, String purpose, byte[] answer) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key == null ? new byte[Seal.KEY_BYTES] : key, "HmacSHA256"));
            mac.update(("ghee ring " + purpose).getBytes(StandardCharsets.US_ASCII));
            mac.update(bytes());
            return mac.doFinal(answer);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot do HMAC-SHA256", e);
        }
    }

    /** What the one that was called answers. */
    byte[] answer(byte @Nullable [] key, byte[] answerOnce) {
        return ByteBuffer.allocate(ANSWER_BYTES)
                .put(answerOnce)
                .put(mac(key, "called", answerOnce))
                .array();
    }

    /** If an answer comes from one that has the key. */
    boolean accepts(byte @Nullable [] key, byte[] answer) {
        return MessageDigest.isEqual(answer(key, answerOnce(answer)), answer);
    }

    /** The number that an answer begins with. */
    static byte[] answerOnce(byte[] answer) {
        return Arrays.copyOf(answer, ONCE_BYTES);
    }

    /** By which the caller shows that it has the key. */
    byte[] proof(byte @Nullable [] key, byte[] answerOnce) {
        return mac(key, "caller", answerOnce);
    }

    /** The seals of this connection; none for a job without a key. */
    @Nullable
    Seals seals(byte @Nullable [] key, byte[] answerOnce) {
        if (key == null) {
            return null;
        }
        byte[] session = mac(key, "session", answerOnce);
        return new Seals(
                new Seal(session, Seal.Kind.RING, new Route(job, attempt, line.code, from, to)),
                new Seal(session, Seal.Kind.RING, new Route(job, attempt, line.code, to, from)));
    }

    /** One for what goes from left to right, and one for the other direction. */
    record Seals(Seal rightward, Seal leftward) {}
}
