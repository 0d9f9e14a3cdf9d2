package io.ghee.io.file;

import io.ghee.InputException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.SeekableInput;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.ResolvingDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Reads the blocks of a container file that begin in a range, that is, those whose sync marker does. Used by one thread,
 * which closes it.
 */
final class AvroReader<T> implements SplitReader<T> {
    private final String path;
    private final RecordShape<T> shape;
    private final Complaint complaint = new Complaint();
    private final Slot[] slots;
    private final StorageInput input;
    private final DataFileReader<Slot[]> file;
    private final long end;
    private long block;
    private long inBlock;

    /**
     * Opens a range of a file.
     *
     * @param asked what the file's records are to be resolved to, or null to take them as they were written
     * @throws InputException if the file is no container file, or its schema does not have what the record wants
     */
    AvroReader(FileSplit split, RecordShape<T> shape, @Nullable Schema asked) {
        this.path = split.path();
        this.shape = shape;
        this.slots = shape.slots();
        this.input = Storage.of(path).open(path);
        this.end = Math.min(split.end(), input.length());
        try {
            this.file = new DataFileReader<>(new Input(input, input.length()), new SlotReader(asked));
            if (split.start() > 0) {
                file.sync(split.start());
            }
            this.block = file.previousSync();
        } catch (IOException | RuntimeException | LinkageError e) {
            input.close();
            throw Damage.of(path, e, "an Avro container file");
        }
    }

    @Override
    public @Nullable T next() {
        if (!advance()) {
            return null;
        }
        T record = complaint.isEmpty() ? build() : null;
        complaint.raise();
        return record;
    }

    private @Nullable T build() {
        return shape.build(slots, "");
    }

    /** Fills the slots with the next record; false if there is none. */
    private boolean advance() {
        try {
            if (file.pastSync(end)) {
                return false;
            }
            if (block != file.previousSync()) {
                block = file.previousSync();
                inBlock = 0;
            }
            inBlock++;
            if (!file.hasNext()) {
                throw new InputException(path + ": breaks off after byte " + block + " (expected: a whole block)");
            }
            file.next(slots);
            return true;
        } catch (IOException | RuntimeException | LinkageError e) {
            throw Damage.of(position(), e, "a block as it was written");
        }
    }

    @Override
    public String position() {
        return path + ", record " + inBlock + " of the block at byte " + block;
    }

    @Override
    public void close() {
        input.close();
    }

    /** Fills the slots. */
    private final class SlotReader implements DatumReader<Slot[]> {
        private final @Nullable Schema asked;
        private @Nullable Schema written;
        private AvroReads.@Nullable PlannedRecord planned;
        private @Nullable ResolvingDecoder resolving;

        SlotReader(@Nullable Schema asked) {
            this.asked = asked;
        }

        @Override
        public void setSchema(Schema schema) {
            written = schema;
            planned = new AvroReads(path, complaint, asked != null).record(shape, asked == null ? schema : asked, "");
        }

        @Override
        public Slot[] read(Slot[] into, Decoder in) throws IOException {
            if (planned == null) {
                throw new IllegalStateException("no schema");
            }
            for (Slot slot : into) {
                slot.clear();
            }
            if (asked == null) {
                planned.read().into(in, into);
            } else {
                ResolvingDecoder resolver = resolving(in, planned.schema());
                planned.read().into(resolver, into);
                resolver.drain();
            }
            return into;
        }

        private ResolvingDecoder resolving(Decoder in, Schema wanted) throws IOException {
            if (resolving == null) {
                Schema named = Schema.applyAliases(written, wanted);
                resolving = DecoderFactory.get().resolvingDecoder(named, wanted, in);
            } else {
                resolving.configure(in);
            }
            return resolving;
        }
    }

    /**
     * A file as Avro wants it.
     *
     * @param length is asked for with every record
     */
    private record Input(StorageInput file, long length) implements SeekableInput {
        @Override
        public void seek(long position) throws IOException {
            if (position > length) {
                throw new IOException("byte " + position + " of " + length);
            }
            file.seek(position);
        }

        @Override
        public long tell() {
            return file.position();
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
