package io.ghee.io.file;

import io.ghee.InputException;
import io.ghee.source.SplitReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.util.ReflectionUtils;
import org.jspecify.annotations.Nullable;

/** Reads the entries between the sync markers of a range. Used by one thread, which closes it. */
final class SequenceFileReader<T> implements SplitReader<T> {
    /** A sync marker and what announces it. */
    private static final int SYNC_BYTES = 20;

    private final String path;
    private final EntryFunction<Object, Object, T> decode;
    private final StorageInput input;
    private final SequenceFile.Reader file;
    private final long end;
    private final Writable key;
    private final Writable value;
    private final Function<Writable, @Nullable Object> keyOf;
    private final Function<Writable, @Nullable Object> valueOf;
    private final long start;
    private long entry;
    private boolean over;

    /**
     * Opens a range of a file.
     *
     * @throws InputException if the file is no sequence file, or of other keys and values
     */
    SequenceFileReader(FileSplit piece, Writables keys, Writables values, EntryFunction<Object, Object, T> decode) {
        this.path = piece.path();
        this.decode = decode;
        this.input = Storage.of(path).open(path);
        this.end = Math.min(piece.end(), input.length());
        try {
            Configuration settings = new Configuration(false);
            this.file = new SequenceFile.Reader(
                    settings,
                    SequenceFile.Reader.stream(new FSDataInputStream(new Input(input))),
                    SequenceFile.Reader.length(input.length()));
            this.keyOf = from(keys, "keys", file.getKeyClass());
            this.valueOf = from(values, "values", file.getValueClass());
            this.key = (Writable) ReflectionUtils.newInstance(file.getKeyClass(), settings);
            this.value = (Writable) ReflectionUtils.newInstance(file.getValueClass(), settings);
            if (piece.start() > file.getPosition()) {
                file.sync(piece.start());
            }
            this.start = file.getPosition();
            this.over = start >= end;
        } catch (IOException | RuntimeException | LinkageError e) {
            input.close();
            throw Damage.of(path, e, "a sequence file");
        }
    }

    private Function<Writable, @Nullable Object> from(Writables wanted, String what, Class<?> stored) {
        Function<Writable, @Nullable Object> from = wanted.from(stored);
        if (from == null) {
            throw new InputException(path + ": its " + what + " are " + stored.getName() + " (expected: "
                    + wanted.written().getName() + ")");
        }
        return from;
    }

    @Override
    public @Nullable T next() throws Exception {
        return advance() ? decode.apply(keyOf.apply(key), valueOf.apply(value)) : null;
    }

    private boolean advance() {
        if (over) {
            return false;
        }
        try {
            long position = file.getPosition();
            entry++;
            if (!file.next(key)) {
                requireEnd(position);
                over = true;
                return false;
            }
            if (position >= end && file.syncSeen()) {
                over = true;
                return false;
            }
            file.getCurrentValue(value);
            return true;
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError e) {
            // A damaged length may ask for more memory than there is.
            throw Damage.of(position(), e, "an entry as it was written");
        }
    }

    /** Hadoop takes a block that breaks off for the end of the file. */
    private void requireEnd(long position) {
        long rest = input.length() - position;
        if (rest > 0 && !(rest == SYNC_BYTES && file.syncSeen())) {
            throw new InputException(position() + ": breaks off after byte " + position + " (expected: a whole block)");
        }
    }

    @Override
    public String position() {
        return path + ", entry " + entry + " from byte " + start;
    }

    @Override
    public void close() {
        input.close();
    }

    /** A file as Hadoop wants it. */
    private static final class Input extends FSInputStream {
        private final StorageInput file;

        Input(StorageInput file) {
            this.file = file;
        }

        @Override
        public void seek(long position) throws IOException {
            if (position < 0 || position > file.length()) {
                throw new EOFException("byte " + position + " of " + file.length());
            }
            file.seek(position);
        }

        @Override
        public long getPos() {
            return file.position();
        }

        @Override
        public boolean seekToNewSource(long position) {
            return false;
        }

        @Override
        public int read() {
            return file.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            return file.read(bytes, offset, length);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
