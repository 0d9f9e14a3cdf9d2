package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.train.Artifact;
import java.io.IOException;
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
        // Artifacts write to paths of this machine.
        return new Writer(Path.of(output.resolve(job, replica == 0 ? FIRST : "rank-" + replica, attempt)));
    }

    @Override
    public void commit(String job, List<String> finished) throws IOException {
        output.commit(job, finished, FIRST);
    }

    @Override
    public void abort(String job) throws IOException {
        output.abort(job);
    }

    private static final class Writer implements SinkWriter<Artifact> {
        private final Path directory;
        private boolean saved;

        Writer(Path directory) {
            this.directory = directory;
        }

        @Override
        public void write(Artifact artifact) {
            if (saved) {
                throw new ConfigurationException("a second artifact, " + artifact + " (expected: one per replica)");
            }
            try {
                Files.createDirectory(directory);
                artifact.save(directory);
            } catch (IOException e) {
                throw new InfrastructureException(directory + " cannot be written: " + e, e);
            }
            saved = true;
        }

        @Override
        public String finish() {
            return saved ? String.valueOf(directory.getFileName()) : "";
        }

        @Override
        public void close() {}
    }
}
