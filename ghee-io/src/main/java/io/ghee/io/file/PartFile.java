package io.ghee.io.file;

import io.ghee.GheeException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/**
 * What one replica writes: a buffered file in the attempt directory. Used by one thread, which closes it.
 *
 * <p>Where the file system fails, every method throws a {@link GheeException} that names the file.
 */
final class PartFile extends OutputStream {
    private static final int BUFFER_BYTES = 64 << 10;

    private final String path;
    private final Storage storage;
    private final OutputStream file;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int filled;
    private boolean closed;

    private PartFile(String path, Compression compression) {
        this.path = path;
        this.storage = Storage.of(path);
        try {
            this.file = compression.pack(storage.create(path));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Creates a part.
     *
     * @param extension of what is packed, with its dot
     */
    static PartFile create(
            OutputDirectory output, String job, int replica, int attempt, String extension, Compression compression) {
        String name = String.format(Locale.ROOT, "part-%05d%s%s", replica, extension, compression.extension());
        return create(output.resolve(job, name, attempt), compression);
    }

    /** Creates a part of this path, or empties the one that is there. */
    static PartFile create(String path, Compression compression) {
        return new PartFile(path, compression);
    }

    private GheeException failed(IOException e) {
        return storage.unwritable(path, e);
    }

    @Override
    public void write(int b) {
        if (filled == buffer.length) {
            flush();
        }
        buffer[filled++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (length > buffer.length - filled) {
            flush();
        }
        if (length > buffer.length) {
            write(file, bytes, offset, length);
        } else {
            System.arraycopy(bytes, offset, buffer, filled, length);
            filled += length;
        }
    }

    private void write(OutputStream to, byte[] bytes, int offset, int length) {
        try {
            to.write(bytes, offset, length);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Hands on what is buffered. */
    @Override
    public void flush() {
        int length = filled;
        filled = 0;
        write(file, buffer, 0, length);
    }

    /** Completes the file and returns its name. */
    String finish() {
        flush();
        close();
        return Storage.name(path);
    }

    /** Closes the file, without what is still buffered. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            file.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
