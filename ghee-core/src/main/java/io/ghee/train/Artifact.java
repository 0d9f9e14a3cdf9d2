package io.ghee.train;

import java.io.IOException;
import java.nio.file.Path;

/** What training makes: something that can be saved as files, a model above all. */
public interface Artifact {
    /** Writes this into {@code directory}, which exists and is empty. */
    void save(Path directory) throws IOException;

    /** True if every rank of the stage has made the same one, as data-parallel training does: rank 0 then saves it for all. */
    default boolean isSameOnAllRanks() {
        return false;
    }
}
