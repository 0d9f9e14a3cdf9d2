package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.run.CredentialsProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.authentication.util.KerberosUtil;
import org.apache.hadoop.security.token.Token;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The delegation tokens of one job. The driver opens this when it has cut its sources and prepared its sinks, and sends {@link
 * #bytes} to each worker, which {@link #accept}s them before it reads or writes: the name of the user, the settings that differ
 * from Hadoop's defaults, and, if security is on, a delegation token for each file system that this process has used. Until it
 * is closed the tokens are renewed; when they cannot be renewed any more, new ones are got, and these must be sent again.
 */
final class HadoopTokens implements CredentialsProvider.Issued {
    private static final Logger LOG = LoggerFactory.getLogger(HadoopTokens.class);
    private static final int VERSION = 1;
    /** The part of a token's life after which it is renewed, as others do. */
    private static final double RENEWED_AFTER = 0.75;

    private static final long RETRY_MILLIS = 10_000;
    /** How long it may take to revoke them; a name node that does not answer is told nothing. */
    private static final long REVOKED_MILLIS = 3_000;

    private final @Nullable UserGroupInformation driver = HadoopUser.current();
    /** As workers are called: the rules that make it of a principal are the driver's. */
    private final String user;

    private final String renewer;
    private final Collection<FileSystem> files;
    private final Runnable changed;
    private final ScheduledExecutorService renewals;
    private Credentials tokens = new Credentials();
    /** How long new tokens live, in milliseconds. */
    private long life;

    private HadoopTokens(Runnable changed) throws IOException {
        UserGroupInformation self = driver == null ? UserGroupInformation.getCurrentUser() : driver;
        this.user = self.getShortUserName();
        this.renewer = self.getUserName();
        this.files = HadoopStorage.used();
        this.changed = changed;
        this.renewals = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "ghee-hadoop-tokens");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Gets tokens for the file systems that this process has used.
     *
     * @param changed is called whenever {@link #bytes} are others; from a thread of its own
     * @throws ConfigurationException if this process is not logged in
     * @throws InfrastructureException if a name node does not answer
     */
    static HadoopTokens open(Runnable changed) {
        try {
            HadoopTokens access = new HadoopTokens(changed);
            if (UserGroupInformation.isSecurityEnabled()) {
                access.start();
            }
            return access;
        } catch (IOException e) {
            throw HadoopFailures.reading("delegation tokens", e);
        }
    }

    private void start() throws IOException {
        try {
            later(HadoopUser.call(driver, this::obtain));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public synchronized byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            out.writeUTF(user);
            out.writeUTF(UserGroupInformation.isSecurityEnabled() ? KerberosUtil.getDefaultRealmProtected() : "");
            Map<String, String> settings = HadoopSettings.changed();
            out.writeInt(settings.size());
            for (Map.Entry<String, String> setting : settings.entrySet()) {
                out.writeUTF(setting.getKey());
                out.writeUTF(setting.getValue());
            }
            tokens.writeTokenStorageToStream(out);
        } catch (IOException e) {
            throw HadoopFailures.reading("the user of Hadoop", e);
        }
        return bytes.toByteArray();
    }

    /**
     * On a worker: takes what the driver has sent. Can be called again, with newer tokens, while files are open.
     *
     * @throws InfrastructureException if these are other bytes
     */
    static void accept(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version != VERSION) {
                throw new InfrastructureException(
                        "Hadoop tokens of version " + version + " (expected: " + VERSION + ")");
            }
            String user = in.readUTF();
            HadoopUser.belongsTo(in.readUTF());
            Configuration settings = new HdfsConfiguration();
            for (int left = in.readInt(); left > 0; left--) {
                settings.set(in.readUTF(), in.readUTF());
            }
            Credentials tokens = new Credentials();
            tokens.readTokenStorageStream(in);
            HadoopSettings.use(settings);
            HadoopUser.actAs(user, tokens);
        } catch (IOException e) {
            throw new InfrastructureException("Hadoop tokens cannot be read: " + e.getMessage(), e);
        }
    }

    /** Gets new tokens and returns how long they live, in milliseconds. */
    private synchronized long obtain() throws IOException, InterruptedException {
        Credentials obtained = new Credentials();
        for (FileSystem each : files) {
            each.addDelegationTokens(renewer, obtained);
        }
        tokens = obtained;
        life = extend();
        return life;
    }

    /** Renews the tokens and returns how long all of them live from now, in milliseconds. */
    private synchronized long extend() throws IOException, InterruptedException {
        long first = Long.MAX_VALUE;
        for (Token<?> token : tokens.getAllTokens()) {
            if (token.isManaged()) {
                first = Math.min(first, token.renew(HadoopSettings.current()) - System.currentTimeMillis());
            }
        }
        return first;
    }

    private void later(long left) {
        if (left < Long.MAX_VALUE && !renewals.isShutdown()) {
            ScheduledFuture<?> renewal =
                    renewals.schedule(this::renew, (long) (left * RENEWED_AFTER), TimeUnit.MILLISECONDS);
            LOG.debug("delegation tokens are renewed in {} s", renewal.getDelay(TimeUnit.SECONDS));
        }
    }

    private void renew() {
        try {
            long left = extended();
            if (left < life / 2) {
                // Near the end of what renewing can do.
                left = HadoopUser.call(driver, this::obtain);
                changed.run();
            }
            later(left);
        } catch (IOException | RuntimeException e) {
            LOG.warn("delegation tokens cannot be renewed, which is tried again: {}", reason(e));
            later((long) (Math.min(RETRY_MILLIS, life / 4) / RENEWED_AFTER));
        }
    }

    /** How long the tokens live; 0 if they cannot be renewed any more. */
    private long extended() throws IOException {
        try {
            return HadoopUser.call(driver, this::extend);
        } catch (IOException e) {
            if (HadoopFailures.isLogin(e)) {
                return 0;
            }
            throw e;
        }
    }

    private static String reason(Exception e) {
        return e instanceof IOException io
                ? HadoopFailures.reading("a file system", io).reason()
                : String.valueOf(e.getMessage());
    }

    /** Ends the renewals and revokes the tokens, which end by themselves if a name node does not answer. */
    @Override
    public void close() {
        Future<?> revoked = renewals.submit(() -> HadoopUser.call(driver, this::cancel));
        try {
            revoked.get(REVOKED_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("delegation tokens could not be revoked, and end by themselves: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            renewals.shutdownNow();
        }
    }

    private synchronized Object cancel() throws IOException, InterruptedException {
        for (Token<?> token : tokens.getAllTokens()) {
            if (token.isManaged()) {
                token.cancel(HadoopSettings.current());
            }
        }
        tokens = new Credentials();
        return tokens;
    }
}
