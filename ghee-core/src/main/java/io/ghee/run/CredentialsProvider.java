package io.ghee.run;

import java.util.Optional;

/**
 * Lets the workers of a job into storage that asks who they are, by what the driver can get and hand on: tokens that end, in
 * place of the keytab that it keeps. Found by {@link java.util.ServiceLoader}. Thread-safe.
 *
 * <p>Workers that are threads of the driver need none of this.
 */
public interface CredentialsProvider {
    /** What tells it from the others, in the driver and in its workers: {@code hadoop}. */
    String name();

    /**
     * Gets credentials, on the driver, once the source is cut and the sink prepared.
     *
     * @param changed is to be called when {@link Issued#bytes} are others; from any thread
     * @return empty if the job has no use for any
     * @throws io.ghee.ConfigurationException if the driver is not let in itself
     * @throws io.ghee.InfrastructureException if a server does not answer
     */
    Optional<Issued> issue(Runnable changed);

    /**
     * Takes them, on a worker: before it opens anything, and again, while it is at work, when there are others.
     *
     * @param bytes the driver's {@link Issued#bytes}
     * @throws io.ghee.InfrastructureException if they cannot be read
     */
    void accept(byte[] bytes);

    /** The credentials of one job, which the driver keeps alive until they are closed. Thread-safe. */
    interface Issued extends AutoCloseable {
        /** What a worker is to {@link #accept}: as secret as a password, and small enough for a message. */
        byte[] bytes();

        /** Takes them back, within seconds, as far as that can be done. */
        @Override
        void close();
    }
}
