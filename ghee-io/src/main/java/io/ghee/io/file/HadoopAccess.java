package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.run.CredentialsProvider;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * As whom a job comes to Hadoop's file systems. The driver logs in; its workers, wherever they run, act in its name by
 * delegation tokens for the file systems that the job's source and sink are on. The driver keeps the keytab, renews the tokens
 * as long as the job runs, and gets new ones when they end for good. Thread-safe.
 */
public final class HadoopAccess implements CredentialsProvider {
    /** The file systems that this process has opened. Here, as Hadoop's classes are not loaded where there are none. */
    static final Set<URI> USED = ConcurrentHashMap.newKeySet();

    /** For {@link java.util.ServiceLoader}. */
    public HadoopAccess() {}

    /**
     * Makes this process a user of Hadoop, by a keytab; without it, it is the owner of the ticket that {@code kinit} got. The
     * environment variables {@code GHEE_PRINCIPAL} and {@code GHEE_KEYTAB} do the same.
     *
     * @param keytab a local path
     * @throws ConfigurationException if the KDC or the keytab does not know the principal
     */
    public static void login(String principal, String keytab) {
        HadoopUser.login(principal, keytab);
    }

    @Override
    public String name() {
        return "hadoop";
    }

    @Override
    public Optional<Issued> issue(Runnable changed) {
        return USED.isEmpty() ? Optional.empty() : Optional.of(HadoopTokens.open(changed));
    }

    @Override
    public void accept(byte[] bytes) {
        HadoopTokens.accept(bytes);
        HadoopUser.becomeProcess();
    }
}
