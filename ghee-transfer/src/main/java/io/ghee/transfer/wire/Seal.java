package io.ghee.transfer.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals messages of one kind on one route, and opens them: AES-256-GCM under a key that is made from the job's for this
 * kind and route alone. The nonce is the number of the message, which never comes twice in one kind and route; what is sent
 * again is sent as it was sealed. Used by one thread at a time.
 */
public final class Seal {
    /** Bytes that a seal adds to a message. */
    public static final int TAG_BYTES = 16;

    /** Length of the job's key. */
    public static final int KEY_BYTES = 32;

    private static final int NONCE_BYTES = 12;

    /** What is sealed: each has a key of its own, as each counts for itself. */
    public enum Kind {
        FRAME,
        PROBE,
        RECEIPT,
        RING,
        PARAMETERS
    }

    private final SecretKeySpec key;
    private final Cipher cipher;

    /** The seal of one kind on one route, under the job's key of {@value #KEY_BYTES} bytes. */
    public Seal(byte[] jobKey, Kind kind, Route route) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(jobKey, "HmacSHA256"));
            mac.update(("ghee transfer " + FrameHeader.PROTOCOL + " " + kind).getBytes(StandardCharsets.US_ASCII));
            ByteBuffer fields = ByteBuffer.allocate(Route.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            route.writeTo(fields, 0);
            mac.update(fields);
            key = new SecretKeySpec(mac.doFinal(), "AES");
            cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot do AES-GCM", e);
        }
    }

    private void begin(int mode, long number, ByteBuffer header) throws GeneralSecurityException {
        byte[] nonce = new byte[NONCE_BYTES];
        ByteBuffer.wrap(nonce).order(ByteOrder.LITTLE_ENDIAN).putLong(0, number);
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(header);
    }

    /**
     * Writes {@code plain} encrypted, and the seal on both it and {@code header}, into {@code out}. All are read or written
     * from position to limit.
     */
    public void seal(long number, ByteBuffer header, ByteBuffer plain, ByteBuffer out) {
        try {
            begin(Cipher.ENCRYPT_MODE, number, header);
            cipher.doFinal(plain, out);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM failed", e);
        }
    }

    /** Writes into {@code out} the seal on {@code message}, which itself stays legible. */
    public void sign(long number, ByteBuffer message, ByteBuffer out) {
        seal(number, message, ByteBuffer.allocate(0), out);
    }

    /**
     * Opens what {@link #seal} wrote.
     *
     * @return false if the seal does not fit; then {@code out} is not to be read
     */
    public boolean open(long number, ByteBuffer header, ByteBuffer sealed, ByteBuffer out) {
        try {
            begin(Cipher.DECRYPT_MODE, number, header);
            cipher.doFinal(sealed, out);
            return true;
        } catch (AEADBadTagException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM failed", e);
        }
    }

    /** If {@code seal} is what {@link #sign} wrote for {@code message}. */
    public boolean verify(long number, ByteBuffer message, ByteBuffer seal) {
        return open(number, message, seal, ByteBuffer.allocate(0));
    }
}
