package io.ghee.io.file;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Pipeline;
import io.ghee.io.testing.SecureHdfs;
import io.ghee.run.JobProgress;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.delegation.AbstractDelegationTokenIdentifier;
import org.apache.kerby.kerberos.kerb.client.KrbClient;
import org.apache.kerby.kerberos.kerb.type.KerberosTime;
import org.apache.kerby.kerberos.kerb.type.ticket.TgtTicket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whole jobs on a secure cluster. Their drivers are JVMs of their own: this one is the name node. */
@Tag("kerberos")
@ExtendWith(SecureHdfs.Extension.class)
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class KerberosJobTest {
    private static final Duration SOON = Duration.ofSeconds(120);
    private static final int ROWS = 1_200;

    private static SecureHdfs hdfs;
    private static FileSystem files;
    /** What a user has in {@code HADOOP_CONF_DIR}. */
    private static Path settings;

    @TempDir
    Path temp;

    @BeforeAll
    static void start(SecureHdfs cluster) throws Exception {
        hdfs = cluster;
        files = cluster.cluster().getFileSystem();
        settings = Files.createDirectories(cluster.directory().resolve("conf"));
        Configuration site = new Configuration(false);
        Configuration defaults = new HdfsConfiguration();
        for (Map.Entry<String, String> each : cluster.settings()) {
            if (!each.getValue().equals(defaults.getRaw(each.getKey()))) {
                site.set(each.getKey(), each.getValue());
            }
        }
        site.set("hadoop.kerberos.min.seconds.before.relogin", "1");
        try (OutputStream out = Files.newOutputStream(settings.resolve("core-site.xml"))) {
            site.writeXml(out);
        }
        try (OutputStream out = files.create(path("/numbers"))) {
            out.write(IntStream.range(0, ROWS)
                    .mapToObj(n -> n + "\n")
                    .collect(Collectors.joining())
                    .getBytes(StandardCharsets.UTF_8));
        }
    }

    private static org.apache.hadoop.fs.Path path(String path) {
        return new org.apache.hadoop.fs.Path(path);
    }

    /** A driver: its arguments are the launcher, the input, the output and how many seconds it is to take. */
    static final class Driver {
        private Driver() {}

        public static void main(String[] args) throws Exception {
            try {
                JobProgress end = Ghee.launcher(args[0])
                        .launch(pipeline(args[1], args[2], Integer.parseInt(args[3])))
                        .await(SOON);
                System.out.println("restarts: " + end.restarts());
            } catch (GheeException e) {
                System.out.println(e.reason());
                System.exit(e.kind().exitCode());
            }
            System.exit(0);
        }
    }

    /** Reads, and writes, a file after the other, as slowly as it is told to. */
    private static Pipeline pipeline(String input, String output, int seconds) {
        return Pipeline.named("numbers")
                .readFrom(Text.lines(input, Integer::parseInt).splitSize(new DataSize(512)))
                .stage("read", replicas(2).memory("256Mi"))
                .map(n -> paced(n, 1_000L * seconds * n / ROWS))
                .map(n -> n + " " + credentials())
                .stage("write", replicas(1).memory("256Mi"))
                .writeTo(Text.to(output))
                .commitEvery(Duration.ofSeconds(2));
    }

    /** When a worker had its first record. */
    private static final class Clock {
        private static final long BEGIN_MILLIS = System.currentTimeMillis();
    }

    private static int paced(int n, long millis) {
        long untilMillis = Clock.BEGIN_MILLIS + millis;
        while (System.currentTimeMillis() < untilMillis) {
            LockSupport.parkUntil(untilMillis);
        }
        return n;
    }

    /** {@code kerberos}, or the number of the token that is there in its place: what a user's function has on its thread. */
    private static String credentials() throws IOException {
        UserGroupInformation user = UserGroupInformation.getCurrentUser();
        List<String> all = new ArrayList<>(user.hasKerberosCredentials() ? List.of("kerberos") : List.of());
        for (Token<?> token : user.getTokens()) {
            AbstractDelegationTokenIdentifier id = (AbstractDelegationTokenIdentifier) token.decodeIdentifier();
            all.add(String.valueOf(id.getSequenceNumber()));
        }
        return String.join(",", all);
    }

    private Path log() {
        return temp.resolve("driver.log");
    }

    private Process drive(Map<String, String> environment, Path krb5, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Djava.security.krb5.conf=" + krb5);
        command.add(Driver.class.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile());
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("HADOOP_CONF_DIR", settings.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    private Process drive(Map<String, String> environment, String... arguments) throws IOException {
        return drive(environment, hdfs.kdc().getKrb5conf().toPath(), arguments);
    }

    private static Map<String, String> keytab() {
        return Map.of(
                "GHEE_PRINCIPAL",
                hdfs.principal("alice"),
                "GHEE_KEYTAB",
                hdfs.keytab().toString());
    }

    /** What a driver has printed, when it has ended as it should. */
    private String end(Process driver, int exit) throws Exception {
        boolean ended = driver.waitFor(SOON.toSeconds(), TimeUnit.SECONDS);
        driver.destroyForcibly();
        String said = Files.readString(log());
        assertThat(ended).as(said).isTrue();
        assertThat(driver.exitValue()).as(said).isEqualTo(exit);
        return said;
    }

    /** What was written of each number. */
    private static Map<Integer, String> written(String output) throws IOException {
        assertThat(files.exists(path(output + "/_SUCCESS"))).isTrue();
        Map<Integer, String> all = new TreeMap<>();
        int lines = 0;
        for (FileStatus file : files.listStatus(path(output))) {
            assertThat(file.getOwner()).isEqualTo("alice");
            try (FSDataInputStream in = files.open(file.getPath())) {
                for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .toList()) {
                    lines++;
                    all.put(
                            Integer.parseInt(line.substring(0, line.indexOf(' '))),
                            line.substring(line.indexOf(' ') + 1));
                }
            }
        }
        assertThat(lines).isEqualTo(ROWS);
        assertThat(all.keySet())
                .containsExactlyElementsOf(IntStream.range(0, ROWS).boxed().toList());
        return all;
    }

    /** Not what is about to become one, nor what Hadoop calls. */
    private static List<ProcessHandle> workers(Process driver) {
        return driver.children()
                .filter(child -> line(child).contains("-Dghee.stage="))
                .toList();
    }

    private static String line(ProcessHandle process) {
        return process.info().commandLine().orElse("");
    }

    @Test
    void jobOutlivesItsTokensAndItsWorkersHaveNothingElse() throws Exception {
        Process driver = drive(keytab(), "processes", hdfs.root() + "/numbers", hdfs.root() + "/tokens-end", "30");
        await().atMost(SOON).until(() -> !driver.isAlive() || workers(driver).size() == 3);
        for (ProcessHandle worker : workers(driver)) {
            String line = line(worker);
            Path environment = Path.of("/proc", Long.toString(worker.pid()), "environ");
            String all = line + (Files.exists(environment) ? Files.readString(environment) : "");
            assertThat(all).doesNotContain("alice", "users.keytab", "GHEE_KEYTAB");
        }

        assertThat(end(driver, 0)).contains("restarts: []");

        List<String> credentials =
                written("/tokens-end").values().stream().distinct().toList();
        // One token at a time, of which no one lives longer than fifteen seconds.
        assertThat(credentials).hasSizeGreaterThanOrEqualTo(3).allMatch(each -> each.matches("\\d+"));
    }

    @Test
    void localJobOutlivesTheTicketOfItsKeytab() throws Exception {
        Path krb5 = temp.resolve("krb5.conf");
        Files.writeString(
                krb5,
                Files.readString(hdfs.kdc().getKrb5conf().toPath())
                        .replace("[libdefaults]", "[libdefaults]\n    ticket_lifetime = 10s"));

        end(drive(keytab(), krb5, "local", hdfs.root() + "/numbers", hdfs.root() + "/ticket-ends", "25"), 0);

        assertThat(written("/ticket-ends").values()).containsOnly("kerberos");
    }

    private Path ticket(Instant end) throws Exception {
        KrbClient client = new KrbClient(hdfs.kdc().getKrb5conf().getParentFile());
        client.init();
        TgtTicket ticket =
                client.requestTgt(hdfs.principal("alice"), hdfs.keytab().toFile());
        ticket.getEncKdcRepPart().setEndTime(new KerberosTime(end.toEpochMilli()));
        if (end.isBefore(Instant.now())) {
            ticket.getEncKdcRepPart().setRenewTill(new KerberosTime(end.toEpochMilli()));
        }
        File cache = temp.resolve("tickets").toFile();
        client.storeTicket(ticket, cache);
        return cache.toPath();
    }

    @Test
    void ticketOfTheDriverIsEnough() throws Exception {
        Path ticket = ticket(Instant.now().plusSeconds(3_600));

        end(
                drive(
                        Map.of("KRB5CCNAME", ticket.toString()),
                        "processes",
                        hdfs.root() + "/numbers",
                        hdfs.root() + "/ticket",
                        "0"),
                0);

        assertThat(written("/ticket").values()).allMatch(each -> each.matches("\\d+"));
    }

    @Test
    void ticketThatHasEndedIsToldOf() throws Exception {
        Path ticket = ticket(Instant.now().minusSeconds(60));

        String said = end(
                drive(
                        Map.of("KRB5CCNAME", ticket.toString()),
                        "processes",
                        hdfs.root() + "/numbers",
                        hdfs.root() + "/never",
                        "0"),
                3);

        assertThat(said)
                .contains(hdfs.root() + "/numbers: not logged in: ")
                .contains("a ticket that `klist` shows as valid; `kinit` gets one");
    }

    @Test
    void permissionThatIsMissingIsToldOf() throws Exception {
        String reading = end(drive(keytab(), "processes", hdfs.root() + "/of-hdfs/x", hdfs.root() + "/never", "0"), 3);
        assertThat(reading)
                .contains(hdfs.root() + "/of-hdfs/x: cannot be read: Permission denied: user=alice")
                .contains("(expected: read permission)");

        String writing =
                end(drive(keytab(), "processes", hdfs.root() + "/numbers", hdfs.root() + "/of-hdfs/x", "0"), 3);
        assertThat(writing)
                .contains("/of-hdfs/x cannot be written: Permission denied: user=alice")
                .contains("(expected: write permission)");
    }
}
