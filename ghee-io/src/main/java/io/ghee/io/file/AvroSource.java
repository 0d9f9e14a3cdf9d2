package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The records of Avro files; made by {@link Avro#read}. Immutable: the methods return the same source with one option
 * more.
 *
 * @param <T> the record class
 */
public final class AvroSource<T extends Record> implements BoundedSource<T> {
    private final Location location;
    private final Class<T> type;
    private final @Nullable String readerSchema;
    private final long splitBytes;

    private AvroSource(Location location, Class<T> type, @Nullable String readerSchema, long splitBytes) {
        this.location = location;
        this.type = type;
        this.readerSchema = readerSchema;
        this.splitBytes = splitBytes;
    }

    static <T extends Record> AvroSource<T> of(Location location, Class<T> type) {
        RecordShape.of(type);
        return new AvroSource<>(location, type, null, Splitting.DEFAULT_SIZE);
    }

    /**
     * Resolves what was written to this schema first: fields of other names by its aliases, fields that are not there to
     * its defaults.
     *
     * @param json a record schema that has a field for each component
     * @throws ConfigurationException if it is none
     */
    public AvroSource<T> readerSchema(String json) {
        try {
            new AvroReads("readerSchema", new Complaint(), true).record(RecordShape.of(type), parse(json), "");
        } catch (AvroRuntimeException | InputException e) {
            throw new ConfigurationException(
                    "readerSchema: " + e.getMessage() + " (expected: a schema for " + RecordShape.of(type) + ")", e);
        }
        return new AvroSource<>(location, type, json, splitBytes);
    }

    private static Schema parse(String json) {
        return new Schema.Parser().parse(json);
    }

    /**
     * Cuts files at their sync markers and packs them, into splits of {@code size}; without it, by the size of the input
     * and the number of readers.
     */
    public AvroSource<T> splitSize(DataSize size) {
        return new AvroSource<>(location, type, readerSchema, size.bytes());
    }

    @Override
    public String describe() {
        return "avro " + location.text() + " as " + type.getSimpleName();
    }

    /** Looks at the schemas of the first files: those of many others are met by their readers. */
    @Override
    public List<? extends Split> splits(int readers) throws IOException {
        List<InputFile> files = location.files();
        for (InputFile file : Schemas.first(files)) {
            open(new FileSplit(file.path(), 0, 1)).close();
        }
        return Splitting.of(files, splitBytes, file -> false, readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        return PackedReader.open(split, this::open);
    }

    private SplitReader<T> open(FileSplit piece) {
        Schema asked = readerSchema == null ? null : parse(readerSchema);
        return new AvroReader<>(piece, RecordShape.of(type), asked);
    }
}
