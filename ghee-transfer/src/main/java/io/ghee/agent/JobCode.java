package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Zmq;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;

/**
 * Brings a worker the code of its job: what of the driver's class path is not on its own, it asks the driver for, and keeps
 * under its digest, so that the next worker that finds it there need not ask.
 */
public final class JobCode {
    /** {@link ClassPathDigest#brief} of the driver; if it is the worker's own, the worker has all the code. */
    public static final String DIGEST = "GHEE_CODE";

    /** Where fetched code is kept; a directory of this name below that for temporary files, if it is not set. */
    public static final String CACHE = "GHEE_CODE_CACHE";

    private static final Logger LOG = LoggerFactory.getLogger(JobCode.class);
    private static final String CLASS_PATH = "java.class.path";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** What was lost with a connection is asked again after this. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private final WorkerSocket driver;
    private final Path cache;
    private final ClassPathDigest mine = ClassPathDigest.ofThisJvm();
    private final List<Path> mineAt = ClassPathDigest.pathsOfThisJvm();

    private JobCode(WorkerSocket driver, Path cache) {
        this.driver = driver;
        this.cache = cache;
    }

    /**
     * The loader of the job's code: this class's own if it has it all, else one of the driver's class path, which becomes
     * this JVM's, in name.
     *
     * @throws InfrastructureException if the driver refuses this worker, does not answer, or what it sends cannot be kept
     */
    public static ClassLoader load() throws InterruptedException {
        ClassLoader own = JobCode.class.getClassLoader();
        String wanted = System.getenv(DIGEST);
        if (wanted == null || wanted.equals(ClassPathDigest.ofThisJvm().brief())) {
            return own;
        }
        Path cache = Optional.ofNullable(System.getenv(CACHE))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"), "ghee-code"));
        WorkerKeys keys = WorkerKeys.parse(Agent.env(Agent.KEYS));
        List<Path> classPath;
        try (ZContext context = Zmq.context();
                WorkerSocket driver = WorkerSocket.connect(context, keys, Agent.env(Agent.DRIVER), PATIENCE)) {
            classPath = new JobCode(driver, cache).fetch();
        }
        System.setProperty(
                CLASS_PATH,
                String.join(
                        File.pathSeparator,
                        classPath.stream().map(Path::toString).toList()));
        return new URLClassLoader(
                classPath.stream().map(JobCode::url).toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("every file has a URL", e);
        }
    }

    private List<Path> fetch() {
        CodeMessage.Asked who = new CodeMessage.Asked(
                Agent.property("ghee.stage"),
                Integer.parseInt(Agent.property("ghee.replica")),
                Integer.parseInt(Agent.property("ghee.life")),
                ControlMessage.PROTOCOL,
                Runtime.version().feature());
        if (!(ask(who) instanceof CodeMessage.Told told)) {
            throw new InfrastructureException("the driver does not say what its code is");
        }
        Map<ClassPathDigest.Entry, Path> here = new HashMap<>();
        for (int i = 0; i < mineAt.size(); i++) {
            here.put(mine.entries().get(i), mineAt.get(i));
        }
        List<Path> paths = new ArrayList<>();
        List<ClassPathDigest.Entry> entries = told.classPath().entries();
        for (int i = 0; i < entries.size(); i++) {
            Path path = here.get(entries.get(i));
            paths.add(path == null ? cached(i, entries.get(i)) : path);
        }
        return paths;
    }

    /** Named by its contents: what is there is what is wanted, whoever put it there. */
    private Path cached(int number, ClassPathDigest.Entry entry) {
        Path home = cache.resolve(entry.sha256());
        Path target = home.resolve(entry.name());
        try {
            if (!Files.exists(target)) {
                Files.createDirectories(cache);
                Path fresh = Files.createTempDirectory(cache, "new");
                Path file = fresh.resolve(entry.name());
                download(number, entry, file);
                publish(fresh, home);
            }
            return target;
        } catch (IOException e) {
            throw new InfrastructureException(
                    "the job's code " + entry.name() + " cannot be kept in " + cache + ": " + e, e);
        }
    }

    private void download(int number, ClassPathDigest.Entry entry, Path file) throws IOException {
        Path archive = file.resolveSibling(file.getFileName() + ".part");
        long total = Long.MAX_VALUE;
        try (OutputStream out = Files.newOutputStream(archive)) {
            for (long at = 0; at < total; ) {
                if (!(ask(new CodeMessage.Wanted(number, at)) instanceof CodeMessage.Part part) || part.from() != at) {
                    throw new InfrastructureException("the driver does not give its code " + entry.name());
                }
                out.write(part.bytes());
                at += part.bytes().length;
                total = part.total();
            }
        }
        LOG.info("{}: {} bytes came from the driver", entry.name(), total);
        Files.move(archive, file);
        if (ClassPathDigest.of(file.toString()).entries().contains(entry)) {
            return;
        }
        // A directory came as an archive.
        Files.move(file, archive);
        unpack(archive, file);
        Files.delete(archive);
        if (!ClassPathDigest.of(file.toString()).entries().contains(entry)) {
            throw new InfrastructureException(
                    "the job's code " + entry.name() + " is not what the driver said (was it built anew meanwhile?)");
        }
    }

    private static void unpack(Path archive, Path directory) throws IOException {
        Files.createDirectories(directory);
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry each = all.nextElement();
                Path file = directory.resolve(each.getName()).normalize();
                if (!file.startsWith(directory)) {
                    throw new IOException("an archive with a path " + each.getName());
                }
                Files.createDirectories(file.getParent());
                Files.copy(zip.getInputStream(each), file);
            }
        }
    }

    /** Another worker may have been as quick. */
    private static void publish(Path fresh, Path target) throws IOException {
        try {
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!Files.exists(target)) {
                throw e;
            }
        }
    }

    private CodeMessage ask(CodeMessage question) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            driver.send(CodeMessage.write(question));
            byte[] body = driver.receive(AGAIN);
            if (body != null && CodeMessage.isOne(body)) {
                CodeMessage answer = CodeMessage.read(body);
                if (answer instanceof CodeMessage.Refused refused) {
                    throw new InfrastructureException("refused by the driver: " + refused.reason());
                }
                return answer;
            }
        }
        throw new InfrastructureException(
                "the driver has not answered within " + PATIENCE.toSeconds() + " s (expected: the code of the job)");
    }
}
