package io.ghee.io.file;

import io.ghee.sink.Sink;
import io.ghee.train.Artifact;

/** What training makes, as files. */
public final class Artifacts {
    private Artifacts() {}

    /**
     * Saves what the replicas of the train stage made: that of rank 0 right in {@code directory}, that of rank {@code n}
     * in {@code rank-n} below it.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all is saved
     * @throws io.ghee.ConfigurationException if there is no file system for the scheme of the directory
     */
    public static Sink<Artifact> to(String directory) {
        return new ArtifactSink(OutputDirectory.parse(directory));
    }
}
