package io.ghee.train;

import java.io.IOException;
import java.nio.file.Path;

/** What training makes: something that can be saved as files, a model above all. */
public interface Artifact {
    /** Writes this into {@code directory}, which exists and is empty. */
    void save(Path directory) throws IOException;
}
