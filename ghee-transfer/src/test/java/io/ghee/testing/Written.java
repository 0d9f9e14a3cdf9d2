package io.ghee.testing;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes records as lines to a file per replica, and notes what the driver calls. Fit for one job. */
public record Written<T>(String directory) implements Sink<T> {
    public static <T> Written<T> to(Path directory) {
        return new Written<>(directory.toString());
    }

    private Path events() {
        return Path.of(directory, "events");
    }

    private Path ofReplica(int replica) {
        return Path.of(directory, "replica-" + replica);
    }

    private void event(String event) throws IOException {
        Files.writeString(events(), event + "\n", CREATE, APPEND);
    }

    @Override
    public String describe() {
        return "lines in " + directory;
    }

    @Override
    public void prepare(String job) throws IOException {
        event("prepare");
    }

    @Override
    public SinkWriter<T> open(String job, int replica, int attempt) throws IOException {
        BufferedWriter out = Files.newBufferedWriter(ofReplica(replica));
        return new SinkWriter<>() {
            private int records;

            @Override
            public void write(T record) throws IOException {
                out.write(record + "\n");
                records++;
            }

            @Override
            public String finish() throws IOException {
                out.close();
                return replica + ": " + records;
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    @Override
    public void commit(String job, List<String> finished) throws IOException {
        event("commit " + finished);
    }

    @Override
    public void abort(String job) throws IOException {
        event("abort");
    }

    /** What the driver has called, in order: {@code prepare}, {@code commit [0: 3, 1: 2]}, {@code abort}. */
    public List<String> calls() {
        return read(events());
    }

    /** What each replica has written, in order. */
    public List<List<String>> byReplica() {
        List<List<String>> all = new ArrayList<>();
        for (int replica = 0; Files.exists(ofReplica(replica)); replica++) {
            all.add(read(ofReplica(replica)));
        }
        return all;
    }

    /** What all replicas have written, sorted: who wrote what, and when, is not the same in two runs. */
    public List<String> sorted() {
        return byReplica().stream().flatMap(List::stream).sorted().toList();
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
