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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;

/** A worker in a JVM of its own, whose class path is not the driver's. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class JobCodeTest {
    /** By name: else it would be loaded by whoever asks. */
    private static final String ZEROMQ = "org.zeromq.ZContext";

    private final JobKeys keys = JobKeys.create();

    private @TempDir Path directory;
    private ControlServer server;
    private JobDriver driver;

    /** The worker: prints where a class comes from. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            ClassLoader code = JobCode.load();
            // Loaded already, if the job's loader is the one that has fetched.
            Class.forName(ZEROMQ, false, code);
            Class<?> missing = Class.forName(args[0], false, code);
            Class<?> changed = Class.forName(JobCodeTest.class.getName(), false, code);
            System.out.println(location(missing));
            System.out.println(location(changed));
            System.out.println(location(Class.forName(JobCode.class.getName(), false, code)));
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
        List<Path> poorer = withOther(home(JobCodeTest.class));
        assertThat(poorer.remove(home(Awaitility.class))).isTrue();
        return poorer;
    }

    /** A class path with another version of a directory. */
    private List<Path> withOther(Path version) throws IOException {
        Path other = directory.resolve("image").resolve(String.valueOf(version.getFileName()));
        copy(version, other);
        Files.writeString(other.resolve("older.txt"), "what the image was made with");
        List<Path> classPath = new ArrayList<>(classPath());
        classPath.replaceAll(each -> each.equals(version) ? other : each);
        return classPath;
    }

    /** How often the worker has loaded a class. */
    private static long loads(List<String> lines, String type) {
        return lines.stream()
                .filter(line -> line.contains(" " + type + " source: "))
                .count();
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
        return run(classPath, digest, server.endpoint());
    }

    private List<String> run(List<Path> classPath, String digest, String endpoint) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        String.join(
                                File.pathSeparator,
                                classPath.stream().map(Path::toString).toList()),
                        "-Xlog:class+load",
                        "-Dghee.stage=read",
                        "-Dghee.replica=0",
                        "-Dghee.life=0",
                        Child.class.getName(),
                        Awaitility.class.getName())
                .redirectErrorStream(true);
        builder.environment().put(Agent.DRIVER, endpoint);
        builder.environment().put(Agent.KEYS, keys.workers().encoded());
        builder.environment().put(JobCode.DIGEST, digest);
        builder.environment().put(JobCode.CACHE, directory.resolve("cache").toString());
        Process child = builder.start();
        List<String> lines =
                new String(child.getInputStream().readAllBytes()).lines().toList();
        assertThat(child.waitFor()).as("%s", lines).isZero();
        return lines;
    }

    /** What the worker has printed, without what its JVM has. */
    private static List<String> last(List<String> lines) {
        List<String> own = lines.stream().filter(line -> !line.startsWith("[")).toList();
        return own.subList(own.size() - 4, own.size());
    }

    @Test
    void whatIsMissingComesFromTheDriver() throws Exception {
        Path cache = directory.resolve("cache");
        List<String> lines = run(poorer(), ClassPathDigest.ofThisJvm().brief());
        List<String> last = last(lines);
        assertThat(Path.of(last.get(0))).startsWith(cache).hasSameBinaryContentAs(home(Awaitility.class));
        Path tests = Path.of(last.get(1));
        assertThat(tests).startsWith(cache);
        assertThat(tests.resolve("older.txt")).doesNotExist();
        assertThat(ClassPathDigest.of(tests.toString()))
                .isEqualTo(ClassPathDigest.of(home(JobCodeTest.class).toString()));
        assertThat(last.get(3)).isEqualTo("own loader: false");
        assertThat(loads(lines, ZEROMQ)).isEqualTo(1);
        // What logging finds, it keeps; so it must not look before all is there.
        assertThat(loads(lines, LoggerFactory.class.getName())).isZero();
        // What was fetched is what two entries need, and no half of anything.
        try (Stream<Path> kept = Files.list(cache)) {
            assertThat(kept).hasSize(2);
        }
    }

    @Test
    void anotherVersionOfGheeFetchesTheDrivers() throws Exception {
        List<String> lines =
                run(withOther(home(JobCode.class)), ClassPathDigest.ofThisJvm().brief());
        assertThat(last(lines).get(2)).startsWith(directory.resolve("cache").toString());
        assertThat(last(lines).get(3)).isEqualTo("own loader: false");
    }

    /** A driver that was slow, and asked again: it gives every answer twice. */
    private static void answerTwice(DriverSocket socket, AtomicBoolean over) {
        try (CodeServer code = new CodeServer()) {
            while (!over.get()) {
                DriverSocket.Received received = socket.receive(Duration.ofMillis(20));
                if (received != null) {
                    CodeMessage answer = CodeMessage.read(received.body()) instanceof CodeMessage.Wanted wanted
                            ? code.part(wanted)
                            : new CodeMessage.Told(ClassPathDigest.ofThisJvm());
                    socket.send(received.peer(), CodeMessage.write(answer));
                    socket.send(received.peer(), CodeMessage.write(answer));
                }
            }
        } finally {
            socket.close();
        }
    }

    @Test
    void anAnswerThatComesTwiceIsNotTakenForThatToTheNextQuestion() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        DriverSocket socket = DriverSocket.bind(keys, "127.0.0.1");
        CompletableFuture<Void> driving = CompletableFuture.runAsync(() -> answerTwice(socket, over));
        try {
            List<String> last = last(run(poorer(), ClassPathDigest.ofThisJvm().brief(), socket.endpoint()));
            assertThat(Path.of(last.get(0))).hasSameBinaryContentAs(home(Awaitility.class));
        } finally {
            over.set(true);
            driving.join();
        }
    }

    @Test
    void whoHasAllTheCodeFetchesNone() throws Exception {
        List<String> lines = run(classPath(), ClassPathDigest.ofThisJvm().brief());
        assertThat(last(lines).get(3)).isEqualTo("own loader: true");
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
        await().atMost(PlayedWorker.SOON).until(driver::isDecided);
    }
}
