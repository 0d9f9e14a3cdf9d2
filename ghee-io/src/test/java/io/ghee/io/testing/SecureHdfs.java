package io.ghee.io.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivilegedExceptionAction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.minikdc.MiniKdc;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A name node and a data node that ask who one is, and the KDC that they trust, which knows alice; for the tests that ask for
 * them as a parameter. Whether Hadoop is secure is a setting of the whole JVM: these tests are tagged {@code kerberos}.
 */
public final class SecureHdfs implements AutoCloseable {
    /**
     * How long a token can be renewed, and how long it lives unless it is. So it is renewed after six seconds and replaced after
     * twelve: two and three seconds before it ends, which is what a busy machine has for that.
     */
    private static final int MAX_LIFE_MILLIS = 15_000;

    private static final int LIFE_MILLIS = 8_000;

    private final Path directory;
    private final MiniKdc kdc;
    private final MiniDFSCluster cluster;
    private final Configuration settings;

    private SecureHdfs() {
        try {
            directory = Hdfs.ofBuild("kerberos");
            kdc = new MiniKdc(MiniKdc.createConf(), directory.toFile());
            kdc.start();
            File servers = directory.resolve("servers.keytab").toFile();
            kdc.createPrincipal(keytab().toFile(), "alice");
            kdc.createPrincipal(servers, "hdfs/localhost", "HTTP/localhost");
            String hdfs = principal("hdfs/localhost");
            settings = settings(hdfs, servers);
            UserGroupInformation.setConfiguration(settings);
            cluster = new MiniDFSCluster.Builder(settings).numDataNodes(1).build();
            cluster.waitActive();
            UserGroupInformation.loginUserFromKeytabAndReturnUGI(hdfs, servers.toString())
                    .doAs((PrivilegedExceptionAction<Void>) () -> {
                        try (DistributedFileSystem files =
                                (DistributedFileSystem) cluster.getNewFileSystemInstance(0)) {
                            files.setPermission(new org.apache.hadoop.fs.Path("/"), new FsPermission("777"));
                            files.mkdirs(new org.apache.hadoop.fs.Path("/of-hdfs"), new FsPermission("700"));
                        }
                        return null;
                    });
        } catch (Exception e) {
            throw new IllegalStateException("the secure cluster did not start", e);
        }
    }

    private Configuration settings(String hdfs, File servers) throws IOException {
        Configuration secure = Hdfs.settings("hdfs-secure");
        secure.set("hadoop.security.authentication", "kerberos");
        secure.set("hadoop.security.authorization", "true");
        secure.set("hadoop.rpc.protection", "authentication");
        secure.set("dfs.namenode.kerberos.principal", hdfs);
        secure.set("dfs.namenode.keytab.file", servers.toString());
        secure.set("dfs.datanode.kerberos.principal", hdfs);
        secure.set("dfs.datanode.keytab.file", servers.toString());
        secure.set("dfs.web.authentication.kerberos.principal", principal("HTTP/localhost"));
        secure.set("dfs.web.authentication.kerberos.keytab", servers.toString());
        secure.setBoolean("dfs.block.access.token.enable", true);
        secure.setBoolean("ignore.secure.ports.for.testing", true);
        secure.setLong("dfs.namenode.delegation.token.max-lifetime", MAX_LIFE_MILLIS);
        secure.setLong("dfs.namenode.delegation.token.renew-interval", LIFE_MILLIS);
        // Whoever has said nothing for so long has to say again who he is.
        secure.setInt("ipc.client.connection.maxidletime", 500);
        return secure;
    }

    public MiniKdc kdc() {
        return kdc;
    }

    public MiniDFSCluster cluster() {
        return cluster;
    }

    /** The cluster's configuration, and its clients'. */
    public Configuration settings() {
        return settings;
    }

    /** A directory for files of tests. */
    public Path directory() {
        return directory;
    }

    /** The keytab of alice. */
    public Path keytab() {
        return directory.resolve("users.keytab");
    }

    /** A name with the realm of the KDC. */
    public String principal(String name) {
        return name + "@" + kdc.getRealm();
    }

    /** The URI of the root, without a slash at its end. */
    public String root() {
        return cluster.getURI().toString();
    }

    @Override
    public void close() {
        cluster.shutdown(true);
        kdc.stop();
    }

    /** Gives tests the cluster: {@code @ExtendWith(SecureHdfs.Extension.class)}. */
    public static final class Extension implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == SecureHdfs.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(Namespace.create(SecureHdfs.class))
                    .getOrComputeIfAbsent(SecureHdfs.class, key -> new SecureHdfs(), SecureHdfs.class);
        }
    }
}
