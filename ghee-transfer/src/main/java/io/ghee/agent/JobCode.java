package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Zmq;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZContext;

/**
 * Brings a worker the code of its job: what of the driver's class path is not on its own, it asks the driver for, and keeps
 * under its digest, so that the next worker that finds it there need not ask.
 *
 * <p>Who asks needs code itself, such as ZeroMQ, and what a JVM has loaded, it would load once more by another loader. So this
 * runs in a loader of what both class paths have, in the driver's order; what is missing is then added at its end, if that
 * finds the same as in its place: if nothing there has a name that is there already. Else the job gets a loader of its own.
 */
public final class JobCode {
    /** {@link ClassPathDigest#brief} of the driver; if it is the worker's own, the worker has all the code. */
    public static final String DIGEST = "GHEE_CODE";

    /** Where fetched code is kept; a directory of this name below that for temporary files, if it is not set. */
    public static final String CACHE = "GHEE_CODE_CACHE";

    private static final String CLASS_PATH = "java.class.path";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** What was lost with a connection is asked again after this. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private final WorkerSocket driver;
    private final Path cache;
    private final Map<String, String> here;

    private JobCode(WorkerSocket driver, Path cache, Map<String, String> here) {
        this.driver = driver;
        this.cache = cache;
        this.here = here;
    }

    /**
     * The loader of the job's code: this class's own if it has it all, else one of the driver's class path, which becomes
     * this JVM's, in name.
     *
     * @throws InfrastructureException if the driver refuses this worker, does not answer, or what it sends cannot be kept
     */
    public static ClassLoader load() throws InterruptedException {
        String wanted = System.getenv(DIGEST);
        ClassPathDigest mine = ClassPathDigest.ofThisJvm();
        if (wanted == null || wanted.equals(mine.brief())) {
            return JobCode.class.getClassLoader();
        }
        List<Path> mineAt = ClassPathDigest.pathsOfThisJvm();
        Map<String, String> here = new HashMap<>();
        Map<String, Path> words = new HashMap<>();
        for (int i = 0; i < mineAt.size(); i++) {
            ClassPathDigest.Entry entry = mine.entries().get(i);
            here.put(key(entry), mineAt.get(i).toString());
            words.put(entry.word(), mineAt.get(i));
        }
        List<Path> shared = Stream.of(wanted.split(" "))
                .map(words::get)
                .filter(Objects::nonNull)
                .toList();
        JobLoader loader = new JobLoader(shared);
        List<Path> classPath = Stream.of(fetchIn(loader, here).split(File.pathSeparator))
                .map(Path::of)
                .toList();
        System.setProperty(CLASS_PATH, join(classPath));
        return loader.grow(classPath) ? loader : new JobLoader(classPath);
    }

    /** {@link #fetch} by the code that the job has, too, if that is enough for it; else by this. */
    private static String fetchIn(JobLoader loader, Map<String, String> here) throws InterruptedException {
        try {
            Method fetch = Class.forName(JobCode.class.getName(), true, loader).getDeclaredMethod("fetch", Map.class);
            fetch.setAccessible(true);
            return (String) fetch.invoke(null, here);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause();
            if (cause instanceof LinkageError) {
                return fetch(here);
            } else if (cause instanceof InterruptedException interrupted) {
                throw interrupted;
            } else if (cause != null && cause.getClass().getName().equals(InfrastructureException.class.getName())) {
                // Of the other loader, whose exceptions are none of this one's.
                throw new InfrastructureException(String.valueOf(cause.getMessage()), cause);
            }
            throw new IllegalStateException("the job's code cannot be fetched", cause);
        } catch (ClassNotFoundException | LinkageError e) {
            return fetch(here);
        } catch (NoSuchMethodException | IllegalAccessException e) {
            throw new IllegalStateException("the code that both have is not of this version", e);
        }
    }

    /**
     * Fetches what is missing.
     *
     * @param here the paths of what is not, by {@link #key}
     * @return the driver's class path, as it is here
     */
    static String fetch(Map<String, String> here) throws InterruptedException {
        Path cache = Optional.ofNullable(System.getenv(CACHE))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"), "ghee-code"));
        WorkerKeys keys = WorkerKeys.parse(WorkerCommand.env(Agent.KEYS));
        try (ZContext context = Zmq.context();
                WorkerSocket driver = WorkerSocket.connect(context, keys, WorkerCommand.env(Agent.DRIVER), PATIENCE)) {
            return join(new JobCode(driver, cache, here).fetch());
        }
    }

    private static String join(List<Path> paths) {
        return String.join(
                File.pathSeparator, paths.stream().map(Path::toString).toList());
    }

    private static String key(ClassPathDigest.Entry entry) {
        return entry.sha256() + " " + entry.name();
    }

    private List<Path> fetch() {
        CodeMessage.Asked who = new CodeMessage.Asked(
                WorkerCommand.property("ghee.stage"),
                Integer.parseInt(WorkerCommand.property("ghee.replica")),
                Integer.parseInt(WorkerCommand.property("ghee.life")),
                ControlMessage.PROTOCOL,
                Runtime.version().feature());
        CodeMessage.Told told = (CodeMessage.Told) ask(who);
        List<Path> paths = new ArrayList<>();
        List<ClassPathDigest.Entry> entries = told.classPath().entries();
        for (int i = 0; i < entries.size(); i++) {
            String path = here.get(key(entries.get(i)));
            paths.add(path == null ? cached(i, entries.get(i)) : Path.of(path));
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
                CodeMessage.Part part = (CodeMessage.Part) ask(new CodeMessage.Wanted(number, at));
                out.write(part.bytes());
                at += part.bytes().length;
                total = part.total();
            }
        }
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

    /** What was asked again because the driver took its time is answered twice: an answer to another question is passed over. */
    private static boolean isAnswer(CodeMessage question, CodeMessage answer) {
        return question instanceof CodeMessage.Wanted wanted
                ? answer instanceof CodeMessage.Part part
                        && part.entry() == wanted.entry()
                        && part.from() == wanted.from()
                : answer instanceof CodeMessage.Told;
    }

    private @Nullable CodeMessage receiveAnswer(CodeMessage question) {
        long deadline = System.nanoTime() + AGAIN.toNanos();
        while (true) {
            byte[] body = driver.receive(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            if (body == null) {
                return null;
            }
            CodeMessage answer = CodeMessage.isOne(body) ? CodeMessage.read(body) : null;
            if (answer instanceof CodeMessage.Refused refused) {
                throw new InfrastructureException("refused by the driver: " + refused.reason());
            } else if (answer != null && isAnswer(question, answer)) {
                return answer;
            }
        }
    }

    private CodeMessage ask(CodeMessage question) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            driver.send(CodeMessage.write(question));
            CodeMessage answer = receiveAnswer(question);
            if (answer != null) {
                return answer;
            }
        }
        throw new InfrastructureException(
                "the driver has not answered within " + PATIENCE.toSeconds() + " s (expected: the code of the job)");
    }
}
