package io.ghee.io.file;

import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The bytes of a file, from any place in it. Used by one thread, which closes it.
 *
 * <p>Where the file system fails, every method throws a {@link io.ghee.GheeException} that names the file. So an {@link
 * java.io.IOException} comes from what unpacks or parses these bytes, and means that they are damaged.
 */
abstract class StorageInput extends InputStream {
    /** How long the file is, in bytes. */
    abstract long length();

    /** The offset of the next byte. */
    abstract long position();

    /** Goes to an offset, from 0 to the length. */
    abstract void seek(long position);

    @Override
    public abstract int read();

    @Override
    public abstract int read(byte[] bytes, int offset, int length);

    /**
     * Reads some bytes, at most what is left in {@code into}.
     *
     * @return how many; -1 at the end of the file
     */
    abstract int read(ByteBuffer into);

    @Override
    public abstract void close();
}
