package io.ghee.sink;

import java.io.IOException;

/**
 * Writes the records that one replica is given, where nobody looks yet. Used by one thread.
 *
 * @param <T> the records
 */
public interface SinkWriter<T> extends AutoCloseable {
    void write(T record) throws IOException;

    /** Completes this writer's share and returns what the commit needs to know of it. Called once, at the end. */
    String finish() throws IOException;

    /** Releases what is open. Without a {@link #finish} before it, what was written is never committed. */
    @Override
    void close() throws IOException;
}
