package io.ghee.examples.servers;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server of this JVM, and a new directory with its files. When it is closed, or the JVM ends, it is stopped, and the
 * directory deleted. Thread-safe.
 */
final class LocalServer<S> implements Closeable {
    /** Starts a server that keeps its files in a directory. */
    interface Starter<S> {
        S start(Path files) throws Exception;
    }

    /** Stops a server. */
    interface Stopper<S> {
        void stop(S server) throws Exception;
    }

    private final String name;
    private final Stopper<S> stopper;
    private final Path files;
    private final Thread atExit = new Thread(this::close, "ghee-server-exit");
    private @Nullable S server;
    private boolean closed;

    private LocalServer(String name, Stopper<S> stopper, Path files) {
        this.name = name;
        this.stopper = stopper;
        this.files = files;
    }

    /**
     * Starts a server.
     *
     * @param name in errors, and in the directory's name
     * @throws io.ghee.InfrastructureException if it is not up in time
     */
    static <S> LocalServer<S> start(String name, Starter<S> starter, Stopper<S> stopper) {
        Path files =
                Deadline.call("making a temporary directory", () -> Files.createTempDirectory("ghee-" + name + "-"));
        LocalServer<S> local = new LocalServer<>(name, stopper, files);
        try {
            Runtime.getRuntime().addShutdownHook(local.atExit);
            Deadline.call("starting " + name, () -> local.up(starter));
        } catch (RuntimeException e) {
            local.close();
            throw e;
        }
        return local;
    }

    private synchronized S up(Starter<S> starter) throws Exception {
        if (closed) {
            throw new IllegalStateException("closed");
        }
        S started = starter.start(files);
        server = started;
        return started;
    }

    /** The server. */
    synchronized S server() {
        if (server == null) {
            throw new IllegalStateException(name + " is closed");
        }
        return server;
    }

    Path files() {
        return files;
    }

    /** @throws io.ghee.InfrastructureException if it cannot be stopped in time, or the files cannot be deleted */
    @Override
    public void close() {
        Deadline.call("stopping " + name, this::down);
        if (!Thread.currentThread().equals(atExit)) {
            forget();
        }
    }

    private synchronized boolean down() throws Exception {
        if (closed) {
            return false;
        }
        closed = true;
        try {
            if (server != null) {
                stopper.stop(server);
                server = null;
            }
        } finally {
            delete(files);
        }
        return true;
    }

    private static void delete(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.deleteIfExists(file);
        }
    }

    private void forget() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending, and finds it closed.
        }
    }
}
