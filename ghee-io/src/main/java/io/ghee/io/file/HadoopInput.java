package io.ghee.io.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.fs.ByteBufferReadable;
import org.apache.hadoop.fs.FSDataInputStream;

/** A file of a Hadoop file system. */
final class HadoopInput extends StorageInput {
    private final String path;
    private final FSDataInputStream in;
    private long length = -1;

    HadoopInput(String path, FSDataInputStream in) {
        this.path = path;
        this.in = in;
    }

    /** For readers that want Hadoop's own class. Closed with this. */
    FSDataInputStream stream() {
        return in;
    }

    @Override
    long length() {
        if (length < 0) {
            length = HadoopStorage.length(path);
        }
        return length;
    }

    @Override
    long position() {
        try {
            return in.getPos();
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    void seek(long position) {
        try {
            in.seek(position);
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    public int read() {
        try {
            return in.read();
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        try {
            return in.read(bytes, offset, length);
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    int read(ByteBuffer into) {
        try {
            if (in.getWrappedStream() instanceof ByteBufferReadable) {
                return in.read(into);
            }
            byte[] bytes = new byte[into.remaining()];
            int read = in.read(bytes, 0, bytes.length);
            into.put(bytes, 0, Math.max(0, read));
            return read;
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }
}
