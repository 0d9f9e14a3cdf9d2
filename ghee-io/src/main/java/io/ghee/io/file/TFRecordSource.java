package io.ghee.io.file;

import io.ghee.InputException;
import io.ghee.function.RecordFunction;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of TFRecord files; made by {@link TFRecords#read}. Immutable.
 *
 * @param <T> what a payload becomes
 */
public final class TFRecordSource<T> implements BoundedSource<T> {
    private static final int BUFFER_BYTES = 128 << 10;

    private final Location location;
    private final RecordFunction<byte[], T> decode;

    TFRecordSource(Location location, RecordFunction<byte[], T> decode) {
        this.location = location;
        this.decode = decode;
    }

    @Override
    public String describe() {
        return "tfrecords " + location.text();
    }

    @Override
    public List<? extends Split> splits(int readers) {
        return Splitting.of(location.files(), Splitting.DEFAULT_SIZE, file -> true, readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        return PackedReader.open(split, piece -> new Reader<>(piece.path(), decode));
    }

    private static final class Reader<T> implements SplitReader<T> {
        private final String path;
        private final RecordFunction<byte[], T> decode;
        private final InputStream in;
        private final byte[] header = new byte[TFRecordFrame.HEADER_BYTES];
        private final byte[] footer = new byte[TFRecordFrame.FOOTER_BYTES];
        private long record;
        /** The offset of the next record in the file, unpacked. */
        private long next;

        private long at;

        Reader(String path, RecordFunction<byte[], T> decode) {
            this.path = path;
            this.decode = decode;
            Compression compression = Compression.of(path);
            StorageInput file = Storage.of(path).open(path);
            try {
                this.in = new BufferedInputStream(compression.unpack(file), BUFFER_BYTES);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw Damage.of(path, e, "a whole " + compression.title() + " file");
            }
        }

        @Override
        public @Nullable T next() throws Exception {
            byte[] payload = payload();
            return payload == null ? null : decode.apply(payload);
        }

        private byte @Nullable [] payload() {
            at = next;
            record++;
            try {
                int got = in.readNBytes(header, 0, header.length);
                if (got == 0) {
                    return null;
                }
                long length = got < header.length ? -1 : TFRecordFrame.length(header);
                require(length >= 0 && length <= Integer.MAX_VALUE - 64, "the length of a record and its checksum");
                byte[] payload = in.readNBytes((int) length);
                boolean whole = payload.length == length
                        && in.readNBytes(footer, 0, footer.length) == footer.length
                        && TFRecordFrame.isWhole(payload, footer);
                require(whole, "a payload of " + length + " bytes and its checksum");
                next += header.length + length + footer.length;
                return payload;
            } catch (IOException e) {
                throw Damage.of(position(), e, "a whole file");
            }
        }

        private void require(boolean valid, String expected) {
            if (!valid) {
                throw new InputException(position() + ": is damaged or breaks off (expected: " + expected + ")");
            }
        }

        @Override
        public String position() {
            return path + ", record " + record + " at byte " + at;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
