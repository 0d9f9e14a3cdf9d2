package io.ghee.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The driver's end of what lets workers into storage, for launchers whose workers are other processes: all providers there are,
 * and what they have issued for one job. Thread-safe.
 */
public final class JobCredentials implements AutoCloseable {
    private final Map<String, CredentialsProvider.Issued> issued = new LinkedHashMap<>();
    private final Runnable changed;
    private Credentials current = Credentials.NONE;

    private JobCredentials(Runnable changed) {
        this.changed = changed;
    }

    /**
     * Gets what the workers of a job need. The job must be {@linkplain JobDriver#open open}: from that it is known what it reads
     * and writes.
     *
     * @param changed is called when {@link #current} is another; from any thread
     * @throws io.ghee.ConfigurationException if the driver is not let in itself
     * @throws io.ghee.InfrastructureException if a server does not answer
     */
    public static JobCredentials open(Runnable changed) {
        JobCredentials credentials = new JobCredentials(changed);
        try {
            for (CredentialsProvider provider : ServiceLoader.load(CredentialsProvider.class)) {
                Optional<CredentialsProvider.Issued> from = provider.issue(credentials::renew);
                from.ifPresent(some -> credentials.add(provider.name(), some));
            }
        } catch (RuntimeException e) {
            credentials.close();
            throw e;
        }
        return credentials;
    }

    private synchronized void add(String provider, CredentialsProvider.Issued from) {
        issued.put(provider, from);
        update();
    }

    private void renew() {
        synchronized (this) {
            update();
        }
        changed.run();
    }

    private void update() {
        if (!issued.isEmpty()) {
            Map<String, byte[]> all = new LinkedHashMap<>();
            issued.forEach((provider, each) -> all.put(provider, each.bytes()));
            current = new Credentials(current.version() + 1, all);
        }
    }

    /** What every worker is to have taken. */
    public synchronized Credentials current() {
        return current;
    }

    /** Takes them back, as far as that can be done: no worker may be left that needs them. */
    @Override
    public void close() {
        Map<String, CredentialsProvider.Issued> all;
        synchronized (this) {
            all = Map.copyOf(issued);
            issued.clear();
        }
        all.values().forEach(CredentialsProvider.Issued::close);
    }
}
