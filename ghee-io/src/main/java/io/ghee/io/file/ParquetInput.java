package io.ghee.io.file;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A file as Parquet wants it, open once. Used by one thread, which closes it. */
final class ParquetInput implements InputFile, Closeable {
    private final String path;
    private final StorageInput file;
    private long bytesRead;

    ParquetInput(String path) {
        this.path = path;
        this.file = Storage.of(path).open(path);
    }

    @Override
    public long getLength() {
        return file.length();
    }

    /** How many bytes have been read of it. */
    long bytesRead() {
        return bytesRead;
    }

    @Override
    public SeekableInputStream newStream() {
        return new Stream();
    }

    @Override
    public String toString() {
        return path;
    }

    @Override
    public void close() {
        file.close();
    }

    private final class Stream extends DelegatingSeekableInputStream {
        Stream() {
            super(file);
        }

        @Override
        public long getPos() {
            return file.position();
        }

        @Override
        public void seek(long position) throws IOException {
            if (position < 0 || position > file.length()) {
                throw new EOFException("byte " + position + " of " + file.length());
            }
            file.seek(position);
        }

        @Override
        public int read() {
            int b = file.read();
            bytesRead += b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) {
            int got = file.read(bytes, offset, count);
            bytesRead += Math.max(0, got);
            return got;
        }

        @Override
        public void readFully(byte[] bytes, int offset, int count) throws IOException {
            for (int at = 0; at < count; ) {
                int got = read(bytes, offset + at, count - at);
                if (got < 0) {
                    throw new EOFException("the file ends at byte " + file.length());
                }
                at += got;
            }
        }

        @Override
        public void readFully(byte[] bytes) throws IOException {
            readFully(bytes, 0, bytes.length);
        }

        @Override
        public int read(ByteBuffer into) {
            int got = file.read(into);
            bytesRead += Math.max(0, got);
            return got;
        }

        @Override
        public void readFully(ByteBuffer into) throws IOException {
            while (into.hasRemaining()) {
                if (read(into) < 0) {
                    throw new EOFException("the file ends at byte " + file.length());
                }
            }
        }
    }
}
