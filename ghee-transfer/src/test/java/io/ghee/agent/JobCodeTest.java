package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Pipeline;
import io.ghee.run.JobDriver;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import io.ghee.transfer.Zmq;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.ZContext;

/** A worker in a JVM of its own, whose class path is not the driver's. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class JobCodeTest {
    private final JobKeys keys = JobKeys.create();

    private @TempDir Path directory;
    private ControlServer server;
    private JobDriver driver;

    /** The worker: prints where a class comes from. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            ClassLoader code = JobCode.load();
            Class<?> missing = Class.forName(args[0], false, code);
            Class<?> changed = Class.forName(JobCodeTest.class.getName(), false, code);
            System.out.println(location(missing));
            System.out.println(location(changed));
            System.out.println("own loader: " + (code == JobCode.class.getClassLoader()));
            // Threads of ZeroMQ are no daemons everywhere.
            System.exit(0);
        }

        private static Path location(Class<?> type) throws Exception {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        }
    }

    @BeforeEach
    void start() {
        driver = JobDriver.open(
                "job-1",
                Pipeline.named("job")
                        .readFrom(new Numbers(100, 2))
                        .stage("read", replicas(1))
                        .writeTo(Written.<Integer>to(directory))
                        .plan());
        server = new ControlServer(
                driver, keys, ControlServer.Options.network("127.0.0.1"), (stage, replica, reason) -> {});
        server.expect(0, 0, 0);
        server.start();
    }

    @AfterEach
    void close() {
        server.stopWorkers();
        server.close();
    }

    private static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private static Path home(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Its class path lacks a jar, and has another version of a directory. */
    private List<Path> poorer() throws Exception {
        Path jar = home(Awaitility.class);
        Path tests = home(JobCodeTest.class);
        Path other = directory.resolve("image").resolve(String.valueOf(tests.getFileName()));
        copy(tests, other);
        Files.writeString(other.resolve("older.txt"), "what the image was made with");
        List<Path> poorer = new ArrayList<>(classPath());
        assertThat(poorer.remove(jar)).isTrue();
        poorer.replaceAll(each -> each.equals(tests) ? other : each);
        return poorer;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                Files.createDirectories(target.getParent());
                Files.copy(each, target);
            }
        }
    }

    private List<String> run(List<Path> classPath, String digest) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        String.join(
                                File.pathSeparator,
                                classPath.stream().map(Path::toString).toList()),
                        "-Dghee.stage=read",
                        "-Dghee.replica=0",
                        "-Dghee.life=0",
                        Child.class.getName(),
                        Awaitility.class.getName())
                .redirectErrorStream(true);
        builder.environment().put(Agent.DRIVER, server.endpoint());
        builder.environment().put(Agent.KEYS, keys.workers().encoded());
        builder.environment().put(JobCode.DIGEST, digest);
        builder.environment().put(JobCode.CACHE, directory.resolve("cache").toString());
        Process child = builder.start();
        List<String> lines =
                new String(child.getInputStream().readAllBytes()).lines().toList();
        assertThat(child.waitFor()).as("%s", lines).isZero();
        return lines;
    }

    @Test
    void whatIsMissingComesFromTheDriver() throws Exception {
        Path cache = directory.resolve("cache");
        List<String> lines = run(poorer(), ClassPathDigest.ofThisJvm().brief());
        List<String> last = lines.subList(lines.size() - 3, lines.size());
        assertThat(Path.of(last.get(0))).startsWith(cache).hasSameBinaryContentAs(home(Awaitility.class));
        Path tests = Path.of(last.get(1));
        assertThat(tests).startsWith(cache);
        assertThat(tests.resolve("older.txt")).doesNotExist();
        assertThat(ClassPathDigest.of(tests.toString()))
                .isEqualTo(ClassPathDigest.of(home(JobCodeTest.class).toString()));
        assertThat(last.get(2)).isEqualTo("own loader: false");
        // What was fetched is what two entries need, and no half of anything.
        try (Stream<Path> kept = Files.list(cache)) {
            assertThat(kept).hasSize(2);
        }
    }

    @Test
    void whoHasAllTheCodeFetchesNone() throws Exception {
        List<String> lines = run(classPath(), ClassPathDigest.ofThisJvm().brief());
        assertThat(lines.get(lines.size() - 1)).isEqualTo("own loader: true");
        assertThat(directory.resolve("cache")).doesNotExist();
    }

    @Test
    void aWorkerOnAnotherJdkEndsTheJobBeforeItHasAnyCode() throws Exception {
        try (ZContext context = Zmq.context();
                WorkerSocket worker =
                        WorkerSocket.connect(context, keys.workers(), server.endpoint(), PlayedWorker.SOON)) {
            worker.send(CodeMessage.write(
                    new CodeMessage.Asked("read", 0, 0, ControlMessage.PROTOCOL, PlayedWorker.JDK - 1)));
            byte[] body = worker.receive(PlayedWorker.SOON);
            assertThat(body).isNotNull();
            assertThat(CodeMessage.read(body))
                    .isInstanceOfSatisfying(
                            CodeMessage.Refused.class,
                            refused -> assertThat(refused.reason())
                                    .contains("worker read-0", "on JDK " + (PlayedWorker.JDK - 1), "(expected: "));
        }
        await().until(driver::isDecided);
    }
}
