package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.io.testing.SecureHdfs;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedAction;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.kerby.kerberos.kerb.crypto.EncryptionHandler;
import org.apache.kerby.kerberos.kerb.keytab.Keytab;
import org.apache.kerby.kerberos.kerb.keytab.KeytabEntry;
import org.apache.kerby.kerberos.kerb.type.KerberosTime;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionKey;
import org.apache.kerby.kerberos.kerb.type.base.EncryptionType;
import org.apache.kerby.kerberos.kerb.type.base.PrincipalName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A secure cluster, and the KDC that it trusts. */
@Tag("kerberos")
@ExtendWith(SecureHdfs.Extension.class)
class KerberosTest {
    private static SecureHdfs hdfs;
    private static String alice;
    private static String keytab;
    private static String root;

    @BeforeAll
    static void start(SecureHdfs cluster) {
        hdfs = cluster;
        alice = cluster.principal("alice");
        keytab = cluster.keytab().toString();
        root = cluster.root();
        HadoopSettings.use(cluster.settings());
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
        assertThatThrownBy(() -> HadoopAccess.login(hdfs.principal("bob"), keytab))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("principal: " + hdfs.principal("bob") + ": cannot log in with keytab " + keytab);
        assertThatThrownBy(() -> HadoopAccess.login(alice, "/no/such.keytab"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("keytab: /no/such.keytab (expected: a file that can be read)");
    }

    /** A keytab with one key, made of a password. */
    private static String keytabOf(String principal) throws Exception {
        Keytab made = new Keytab();
        EncryptionKey key = EncryptionHandler.string2Key(principal, "secret", EncryptionType.AES128_CTS_HMAC_SHA1_96);
        made.addEntry(new KeytabEntry(new PrincipalName(principal), new KerberosTime(), 1, key));
        File file = hdfs.directory().resolve("made.keytab").toFile();
        made.store(file);
        return file.toString();
    }

    @Test
    @Timeout(60)
    void keytabThatTheKdcDoesNotKnowIsNamed() throws Exception {
        String ofAnotherKey = keytabOf(alice);
        assertThatThrownBy(() -> HadoopAccess.login(alice, ofAnotherKey))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("principal: " + alice + ": cannot log in with keytab " + ofAnotherKey)
                .hasMessageContaining("expected: a principal whose key is in the keytab");
        String carol = hdfs.principal("carol");
        String ofNobody = keytabOf(carol);
        assertThatThrownBy(() -> HadoopAccess.login(carol, ofNobody))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("principal: " + carol + ": cannot log in with keytab " + ofNobody)
                .hasMessageContaining("Client not found in Kerberos database");
    }

    /** A driver is a process of its own; in this one the name node has to stay who it is. */
    private static void login() throws Exception {
        UserGroupInformation servers = UserGroupInformation.getLoginUser();
        HadoopAccess.login(alice, keytab);
        UserGroupInformation.setLoginUser(servers);
    }

    @Test
    void keytabOfTheDriverIsEnough() throws Exception {
        login();

        write(root + "/keytab", "one");

        assertThat(all(Text.lines(root + "/keytab"))).containsExactly("one");
        assertThat(owner("/keytab")).isEqualTo("alice");
    }

    private static String owner(String path) throws Exception {
        return hdfs.cluster().getNameNodeRpc().getFileInfo(path).getOwner();
    }

    /** The process is the driver, and then a worker of it. */
    @Test
    @Timeout(120)
    void workerHasTokensAloneAndGoesOnWhenTheyEnd() throws Exception {
        login();
        write(root + "/tokens", "one");
        BlockingQueue<byte[]> newer = new LinkedBlockingQueue<>();
        AtomicReference<HadoopTokens> self = new AtomicReference<>();
        try (HadoopTokens tokens = HadoopTokens.open(() -> newer.add(self.get().bytes()))) {
            self.set(tokens);
            byte[] first = tokens.bytes();
            assertThat(new String(first, StandardCharsets.ISO_8859_1)).doesNotContain("users.keytab");
            HadoopUser.forget();
            HadoopTokens.accept(first);
            write(root + "/of-worker", "two");
            assertThat(owner("/of-worker")).isEqualTo("alice");

            // When the driver gets the third tokens, the first have ended for good.
            for (int sent = 0; sent < 2; ) {
                assertThat(all(Text.lines(root + "/{tokens,of-worker}"))).containsExactly("two", "one");
                byte[] next = newer.poll(100, MILLISECONDS);
                if (next != null) {
                    HadoopTokens.accept(next);
                    sent++;
                }
            }

            HadoopUser.forget();
            HadoopTokens.accept(first);
            assertThatThrownBy(() -> all(Text.lines(root + "/tokens")))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(root + "/tokens: not let in: ")
                    .hasMessageContaining("expected: a delegation token that the driver has got");
        }
    }
}
