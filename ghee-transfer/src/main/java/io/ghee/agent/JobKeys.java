package io.ghee.agent;

import java.security.SecureRandom;
import org.zeromq.ZMQ;

/**
 * The keys of one job. The driver makes them, and they are gone with it: two pairs of CURVE keys (Curve25519, as in ZeroMQ
 * RFC 26), one by which the workers know the driver and one by which the driver knows the workers; a key for sealing frames of
 * data; and a random number that names the job on the wire. {@link #workers} is the part that workers are given.
 *
 * <p>Immutable.
 */
public final class JobKeys {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] serverSecret;
    private final WorkerKeys workers;

    private JobKeys(byte[] serverSecret, WorkerKeys workers) {
        this.serverSecret = serverSecret;
        this.workers = workers;
    }

    /** New keys, from the system's source of randomness. */
    public static JobKeys create() {
        ZMQ.Curve.KeyPair server = ZMQ.Curve.generateKeyPair();
        ZMQ.Curve.KeyPair client = ZMQ.Curve.generateKeyPair();
        WorkerKeys workers = new WorkerKeys(
                true,
                ZMQ.Curve.z85Decode(server.publicKey),
                ZMQ.Curve.z85Decode(client.publicKey),
                ZMQ.Curve.z85Decode(client.secretKey),
                random(),
                RANDOM.nextLong());
        return new JobKeys(ZMQ.Curve.z85Decode(server.secretKey), workers);
    }

    /**
     * New keys for a job that stays on loopback: the control channel asks for a password, and encrypts nothing. That costs a
     * worker a millisecond, where CURVE in pure Java costs it a hundred.
     */
    public static JobKeys forLoopback() {
        WorkerKeys workers = new WorkerKeys(false, random(), random(), random(), random(), RANDOM.nextLong());
        return new JobKeys(random(), workers);
    }

    private static byte[] random() {
        byte[] key = new byte[WorkerKeys.KEY_BYTES];
        RANDOM.nextBytes(key);
        return key;
    }

    /** What a worker gets: all but the driver's secret key. */
    public WorkerKeys workers() {
        return workers;
    }

    /** The number that the job's frames bear. */
    public long job() {
        return workers.job();
    }

    /** Makes {@code socket}, which is not bound yet, the driver's: it proves who it is, and asks the same of its peers. */
    void applyTo(ZMQ.Socket socket) {
        if (!workers.isCurve()) {
            socket.setPlainServer(true);
            return;
        }
        socket.setCurveServer(true);
        socket.setCurvePublicKey(workers.server());
        socket.setCurveSecretKey(serverSecret);
    }

    @Override
    public String toString() {
        return "keys of job " + Long.toHexString(job());
    }
}
