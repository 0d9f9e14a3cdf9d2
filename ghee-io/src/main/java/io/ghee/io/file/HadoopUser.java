package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;

/**
 * As whom this process uses Hadoop: whom {@link #login} or {@link #actAs} named last; or else the owner of the keytab that the
 * environment names, of the ticket that {@code kinit} got, or of the process. Thread-safe.
 *
 * <p>File systems keep the user they were opened as. So they are opened by {@link #call}, and it does not matter on which
 * threads they are used.
 */
final class HadoopUser {
    private static final String PRINCIPAL = "GHEE_PRINCIPAL";
    private static final String KEYTAB = "GHEE_KEYTAB";

    private static @Nullable UserGroupInformation user;
    private static boolean asked;
    private static boolean hasTokens;

    private HadoopUser() {}

    /** Null for the one that Hadoop finds itself. */
    static synchronized @Nullable UserGroupInformation current() {
        if (!asked) {
            configure();
            asked = true;
            String principal = System.getenv(PRINCIPAL);
            String keytab = System.getenv(KEYTAB);
            check(
                    (principal == null) == (keytab == null),
                    PRINCIPAL,
                    principal,
                    "both " + PRINCIPAL + " and " + KEYTAB);
            if (principal != null && keytab != null) {
                login(principal, keytab);
            }
        }
        return user;
    }

    /** Tells Hadoop whether security is on: by itself it would look on the class path alone. */
    static void configure() {
        try {
            UserGroupInformation.setConfiguration(HadoopSettings.current());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "hadoop.security.authentication: " + e.getMessage()
                            + " (expected: a default_realm in krb5.conf, which is /etc/krb5.conf or what"
                            + " -Djava.security.krb5.conf names)",
                    e);
        }
    }

    static synchronized void login(String principal, String keytab) {
        configure();
        check(
                UserGroupInformation.isSecurityEnabled(),
                "principal",
                principal,
                "none where hadoop.security.authentication is simple; set it to kerberos in HADOOP_CONF_DIR");
        check(Files.isReadable(Path.of(keytab)), "keytab", keytab, "a file that can be read");
        try {
            // For the whole process: Hadoop logs that user in again when its ticket has ended, and no other one.
            UserGroupInformation.loginUserFromKeytab(principal, keytab);
            user = UserGroupInformation.getLoginUser();
            asked = true;
            hasTokens = false;
        } catch (IOException e) {
            throw new ConfigurationException(
                    "principal: " + principal + ": cannot log in with keytab " + keytab + ": " + e.getMessage()
                            + " (expected: a principal whose key is in the keytab, and a KDC that answers)",
                    e);
        }
    }

    /**
     * Names the realm where there is no krb5.conf, as Hadoop asks for it, and nobody else in a worker does. Has to come first:
     * what Java does not find once it does not look for again.
     *
     * @param realm of the driver; empty if security is off
     */
    static void belongsTo(String realm) {
        boolean isKnown = System.getProperty("java.security.krb5.conf") != null
                || System.getProperty("java.security.krb5.realm") != null
                || Files.exists(Path.of(System.getProperty("java.home"), "conf", "security", "krb5.conf"))
                || Files.exists(Path.of("/etc/krb5.conf"));
        if (!isKnown && !realm.isEmpty()) {
            System.setProperty("java.security.krb5.realm", realm);
            // Java wants both. No worker has a ticket that it could be asked about.
            System.setProperty("java.security.krb5.kdc", "none.invalid");
        }
    }

    /** Becomes another user, who has nothing but tokens; or gives these to the one of this name that there is. */
    static synchronized void actAs(String name, Credentials tokens) {
        UserGroupInformation named = user;
        if (named == null || !named.getUserName().equals(name)) {
            named = UserGroupInformation.createRemoteUser(name);
        }
        named.addCredentials(tokens);
        user = named;
        asked = true;
        hasTokens = true;
    }

    /** Makes the user of now that of all threads: what a user's function does with Hadoop by itself is done as him, too. */
    static synchronized void becomeProcess() {
        UserGroupInformation.setLoginUser(user);
    }

    /** Becomes again whom Hadoop finds. */
    static synchronized void forget() {
        user = null;
        hasTokens = false;
    }

    /** Whether it is a worker, which has what the driver sent and nothing else. */
    static synchronized boolean hasTokens() {
        return hasTokens;
    }

    /** Runs something as the user of now. */
    static <T> T call(PrivilegedExceptionAction<T> action) throws IOException {
        return call(current(), action);
    }

    /** Runs something as a user that was {@link #current}. */
    static <T> T call(@Nullable UserGroupInformation as, PrivilegedExceptionAction<T> action) throws IOException {
        try {
            if (as == null) {
                return action.run();
            }
            if (as.isFromKeytab()) {
                as.checkTGTAndReloginFromKeytab();
            }
            return as.doAs(action);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InfrastructureException("interrupted while waiting for a file system", e);
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
