package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.io.testing.Hdfs;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivilegedAction;
import java.security.PrivilegedExceptionAction;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.minikdc.MiniKdc;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A secure cluster, and the KDC that it trusts. */
@Tag("kerberos")
class KerberosTest {
    /** How long a token can be renewed, and how long it lives unless it is. */
    private static final int MAX_LIFE_MILLIS = 12_000;

    private static final int LIFE_MILLIS = 4_000;

    private static final Path DIRECTORY = Path.of("target", "kerberos").toAbsolutePath();

    private static MiniKdc kdc;
    private static MiniDFSCluster cluster;
    private static String alice;
    private static File keytab;
    private static String root;

    @BeforeAll
    static void start() throws Exception {
        Files.createDirectories(DIRECTORY);
        kdc = new MiniKdc(MiniKdc.createConf(), DIRECTORY.toFile());
        kdc.start();
        keytab = DIRECTORY.resolve("users.keytab").toFile();
        File servers = DIRECTORY.resolve("servers.keytab").toFile();
        kdc.createPrincipal(keytab, "alice");
        kdc.createPrincipal(servers, "hdfs/localhost", "HTTP/localhost");
        alice = "alice@" + kdc.getRealm();
        String hdfs = "hdfs/localhost@" + kdc.getRealm();

        Configuration settings = Hdfs.settings("hdfs-secure");
        settings.set("hadoop.security.authentication", "kerberos");
        settings.set("hadoop.security.authorization", "true");
        settings.set("hadoop.rpc.protection", "authentication");
        settings.set("dfs.namenode.kerberos.principal", hdfs);
        settings.set("dfs.namenode.keytab.file", servers.toString());
        settings.set("dfs.datanode.kerberos.principal", hdfs);
        settings.set("dfs.datanode.keytab.file", servers.toString());
        settings.set("dfs.web.authentication.kerberos.principal", "HTTP/localhost@" + kdc.getRealm());
        settings.set("dfs.web.authentication.kerberos.keytab", servers.toString());
        settings.setBoolean("dfs.block.access.token.enable", true);
        settings.setBoolean("ignore.secure.ports.for.testing", true);
        settings.setLong("dfs.namenode.delegation.token.max-lifetime", MAX_LIFE_MILLIS);
        settings.setLong("dfs.namenode.delegation.token.renew-interval", LIFE_MILLIS);
        settings.setInt("ipc.client.connection.maxidletime", 500);
        UserGroupInformation.setConfiguration(settings);
        cluster = new MiniDFSCluster.Builder(settings)
                .numDataNodes(1)
                .checkDataNodeAddrConfig(true)
                .build();
        cluster.waitActive();
        root = cluster.getURI().toString();
        UserGroupInformation superuser = UserGroupInformation.loginUserFromKeytabAndReturnUGI(hdfs, servers.toString());
        superuser.doAs((PrivilegedExceptionAction<Void>) () -> {
            try (DistributedFileSystem files = (DistributedFileSystem) cluster.getNewFileSystemInstance(0)) {
                files.setPermission(new org.apache.hadoop.fs.Path("/"), new FsPermission("777"));
            }
            return null;
        });
        HadoopSettings.use(settings);
    }

    @AfterAll
    static void stop() {
        cluster.shutdown(true);
        kdc.stop();
    }

    @AfterEach
    void forget() throws Exception {
        HadoopUser.forget();
        FileSystem.closeAll();
    }

    private static void write(String location, String line) throws Exception {
        Sink<Object> sink = Text.to(location);
        sink.prepare("job");
        try (SinkWriter<Object> writer = sink.open("job", 0, 0)) {
            writer.write(line);
            sink.commit("job", List.of(writer.finish()));
        }
    }

    @Test
    @Timeout(60)
    void whoIsNotLoggedInIsToldWhatToDo() {
        // The owner of this process is its name node.
        UserGroupInformation.createRemoteUser("nobody").doAs((PrivilegedAction<Object>)
                () -> assertThatThrownBy(() -> Text.lines(root + "/x").splits(1))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining(root + "/x: not logged in: ")
                        .hasMessageContaining("`kinit` gets one"));
        assertThatThrownBy(() -> HadoopAccess.login("bob@" + kdc.getRealm(), keytab.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("principal: bob@" + kdc.getRealm() + ": cannot log in with keytab " + keytab);
        assertThatThrownBy(() -> HadoopAccess.login(alice, "/no/such.keytab"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("keytab: /no/such.keytab (expected: a file that can be read)");
    }

    @Test
    void keytabOfTheDriverIsEnough() throws Exception {
        HadoopAccess.login(alice, keytab.toString());

        write(root + "/keytab", "one");

        assertThat(all(Text.lines(root + "/keytab"))).containsExactly("one");
        assertThat(owner("/keytab")).isEqualTo("alice");
    }

    private static String owner(String path) throws Exception {
        return cluster.getNameNodeRpc().getFileInfo(path).getOwner();
    }

    /** The process is the driver, and then a worker of it. */
    @Test
    @Timeout(120)
    void workerHasTokensAloneAndGoesOnWhenTheyEnd() throws Exception {
        HadoopAccess.login(alice, keytab.toString());
        write(root + "/tokens", "one");
        BlockingQueue<byte[]> newer = new LinkedBlockingQueue<>();
        try (HadoopAccess access = HadoopAccess.open(newer::add)) {
            byte[] first = access.forWorkers();
            assertThat(new String(first, StandardCharsets.ISO_8859_1)).doesNotContain(keytab.getName());
            HadoopUser.forget();
            HadoopAccess.accept(first);
            write(root + "/of-worker", "two");
            assertThat(owner("/of-worker")).isEqualTo("alice");

            // When the driver gets the third tokens, the first have ended for good.
            for (int sent = 0; sent < 2; ) {
                assertThat(all(Text.lines(root + "/{tokens,of-worker}"))).containsExactly("two", "one");
                byte[] next = newer.poll(100, MILLISECONDS);
                if (next != null) {
                    HadoopAccess.accept(next);
                    sent++;
                }
            }

            HadoopUser.forget();
            HadoopAccess.accept(first);
            assertThatThrownBy(() -> all(Text.lines(root + "/tokens")))
                    .isInstanceOf(GheeException.class)
                    .hasMessageContaining("not logged in: ");
        }
    }
}
