package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.train.Artifact;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Saves the artifact of each rank in a directory of its own; the commit moves that of rank 0 to the top. */
record ArtifactSink(OutputDirectory output) implements Sink<Artifact> {
    private static final String FIRST = ".rank-0";

    @Override
    public String describe() {
        return "artifacts to " + output.path();
    }

    @Override
    public void prepare(String job) {
        output.prepare(job);
    }

    @Override
    public SinkWriter<Artifact> open(String job, int replica, int attempt) {
        return new Writer(output.resolve(job, replica == 0 ? FIRST : "rank-" + replica, attempt));
    }

    @Override
    public void commit(String job, List<String> finished) {
        output.commit(job, finished, FIRST);
    }

    @Override
    public void abort(String job) {
        output.abort(job);
    }

    private static final class Writer implements SinkWriter<Artifact> {
        private final String directory;
        private boolean saved;

        Writer(String directory) {
            this.directory = directory;
        }

        @Override
        public void write(Artifact artifact) {
            if (saved) {
                throw new ConfigurationException("a second artifact, " + artifact + " (expected: one per replica)");
            }
            Storage storage = Storage.of(directory);
            try {
                if (storage instanceof LocalStorage) {
                    artifact.save(Files.createDirectory(Path.of(directory)));
                } else {
                    saveElsewhere(artifact, storage);
                }
            } catch (IOException e) {
                throw storage.unwritable(directory, e);
            }
            saved = true;
        }

        /** Artifacts write to paths of this machine: saves there first. */
        private void saveElsewhere(Artifact artifact, Storage storage) throws IOException {
            Path local = Files.createTempDirectory("ghee-artifact");
            try {
                artifact.save(Files.createDirectory(local.resolve("artifact")));
                upload(local.resolve("artifact"), directory, storage);
            } finally {
                LocalStorage.INSTANCE.delete(local.toString());
            }
        }

        private static void upload(Path from, String to, Storage storage) throws IOException {
            if (!Files.isDirectory(from)) {
                try (OutputStream file = storage.create(to)) {
                    Files.copy(from, file);
                }
                return;
            }
            storage.makeDirectory(to);
            for (String name : LocalStorage.INSTANCE.list(from.toString())) {
                upload(from.resolve(name), to + "/" + name, storage);
            }
        }

        @Override
        public String finish() {
            return saved ? Storage.name(directory) : "";
        }

        @Override
        public void close() {}
    }
}
