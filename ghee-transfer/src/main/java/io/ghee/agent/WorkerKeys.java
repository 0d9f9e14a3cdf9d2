package io.ghee.agent;

import io.ghee.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.zeromq.ZMQ;

/**
 * What the workers of a job have of its {@link JobKeys}: the driver's public key, the key pair that all workers of the job
 * share, the key that seals frames of data, and the job's number. They travel as one string, which fits an environment
 * variable or a Kubernetes secret, and which must be kept as such: who has it is a worker of the job.
 *
 * <p>Immutable.
 */
public final class WorkerKeys {
    /** Of each key, the sealing key too. */
    static final int KEY_BYTES = 32;

    private static final byte VERSION = 1;
    private static final int BYTES = 2 + 4 * KEY_BYTES + Long.BYTES;
    private static final int CHARACTERS = (BYTES * 4 + 2) / 3;

    /** The name by which workers on loopback present themselves; the password is what counts. */
    private static final String NAME = "worker";

    private final boolean curve;
    private final byte[] server;
    private final byte[] worker;
    private final byte[] workerSecret;
    private final byte[] sealing;
    private final long job;

    WorkerKeys(boolean curve, byte[] server, byte[] worker, byte[] workerSecret, byte[] sealing, long job) {
        this.curve = curve;
        this.server = server;
        this.worker = worker;
        this.workerSecret = workerSecret;
        this.sealing = sealing;
        this.job = job;
    }

    /**
     * Reads what {@link #encoded} wrote.
     *
     * @throws ConfigurationException if it is something else; the message does not quote it
     */
    public static WorkerKeys parse(String encoded) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(encoded);
        } catch (IllegalArgumentException e) {
            // Without the cause: it would quote a part.
            throw new ConfigurationException(
                    "keys of the job: " + encoded.length() + " characters that are none (expected: base64)");
        }
        if (bytes.length != BYTES || bytes[0] != VERSION) {
            throw new ConfigurationException("keys of the job: " + encoded.length() + " characters of version "
                    + (bytes.length == 0 ? "none" : bytes[0]) + " (expected: " + CHARACTERS + " of version " + VERSION
                    + ")");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).position(1);
        return new WorkerKeys(in.get() == 1, key(in), key(in), key(in), key(in), in.getLong());
    }

    private static byte[] key(ByteBuffer in) {
        byte[] key = new byte[KEY_BYTES];
        in.get(key);
        return key;
    }

    /** All of it as letters, digits, hyphens and underscores. A secret. */
    public String encoded() {
        ByteBuffer out = ByteBuffer.allocate(BYTES).put(VERSION).put((byte) (curve ? 1 : 0));
        out.put(server).put(worker).put(workerSecret).put(sealing).putLong(job);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(out.array());
    }

    /** The number that the job's frames bear. */
    public long job() {
        return job;
    }

    /** Seals the job's frames of data: a key of 256 bits for AES. */
    public SecretKey sealing() {
        return new SecretKeySpec(sealing, "AES");
    }

    /** The driver's public key. */
    byte[] server() {
        return server;
    }

    /** Whether the control channel is under CURVE; else it asks for a password. */
    boolean isCurve() {
        return curve;
    }

    /** Whether this is the public key of the job's workers. */
    boolean isWorker(byte[] publicKey) {
        return curve && MessageDigest.isEqual(worker, publicKey);
    }

    /** Whether this is the password of the job's workers. */
    boolean isPassword(byte[] password) {
        return !curve && MessageDigest.isEqual(password().getBytes(StandardCharsets.UTF_8), password);
    }

    private String password() {
        return HexFormat.of().formatHex(workerSecret);
    }

    /** Makes {@code socket}, which is not connected yet, a worker's: it proves who it is, and asks the same of the driver. */
    void applyTo(ZMQ.Socket socket) {
        if (!curve) {
            socket.setPlainUsername(NAME);
            socket.setPlainPassword(password());
            return;
        }
        socket.setCurvePublicKey(worker);
        socket.setCurveSecretKey(workerSecret);
        socket.setCurveServerKey(server);
    }

    @Override
    public String toString() {
        return "keys of a worker of job " + Long.toHexString(job);
    }
}
