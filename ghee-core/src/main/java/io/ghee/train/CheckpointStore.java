package io.ghee.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.List;

/**
 * Where checkpoints are kept. Each has some parts, and appears with all of them, or not at all. All workers and the driver
 * use the same one; thread-safe.
 */
public interface CheckpointStore extends Serializable {
    /** Where that is, for messages. */
    String describe();

    /** Writes a part of a checkpoint that is not there yet; over what is left of an earlier try. */
    void write(long step, String part, Checkpointable.Snapshot content) throws IOException;

    /** Makes a checkpoint appear, of which all parts are written. */
    void publish(long step) throws IOException;

    /** The steps of all checkpoints that are there, in order. */
    List<Long> list() throws IOException;

    /** Reads a part of a checkpoint that is there. */
    InputStream read(long step, String part) throws IOException;

    /** Takes a checkpoint away, if it is there. */
    void delete(long step) throws IOException;

    /** Takes all checkpoints away, what was not finished, too; notes stay. */
    void clear() throws IOException;

    /** Writes a note, which lies beside the checkpoints and outlives them; it appears whole or not at all. */
    void note(String name, Checkpointable.Snapshot content) throws IOException;

    /** The names of all notes. */
    List<String> notes() throws IOException;

    /** Reads a note that is there. */
    InputStream readNote(String name) throws IOException;
}
