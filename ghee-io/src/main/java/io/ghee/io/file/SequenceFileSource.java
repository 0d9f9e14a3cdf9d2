package io.ghee.io.file;

import io.ghee.DataSize;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;

/**
 * The entries of sequence files; made by {@link SequenceFiles#read}. Immutable: the methods return the same source with
 * one option more.
 *
 * @param <T> what an entry becomes
 */
public final class SequenceFileSource<T> implements BoundedSource<T> {
    private final Location location;
    private final Class<?> key;
    private final Class<?> value;
    private final EntryFunction<Object, Object, T> decode;
    private final long splitBytes;

    private SequenceFileSource(
            Location location, Class<?> key, Class<?> value, EntryFunction<Object, Object, T> decode, long splitBytes) {
        this.location = location;
        this.key = key;
        this.value = value;
        this.decode = decode;
        this.splitBytes = splitBytes;
        Writables.of(key);
        Writables.of(value);
    }

    @SuppressWarnings("unchecked") // The readers give it what it takes.
    static <K, V, T> SequenceFileSource<T> of(
            Location location, Class<K> key, Class<V> value, EntryFunction<K, V, T> decode) {
        return new SequenceFileSource<>(
                location, key, value, (EntryFunction<Object, Object, T>) decode, Splitting.DEFAULT_SIZE);
    }

    /**
     * Cuts files at their sync markers and packs them, into splits of {@code size}; without it, by the size of the input
     * and the number of readers.
     */
    public SequenceFileSource<T> splitSize(DataSize size) {
        return new SequenceFileSource<>(location, key, value, decode, size.bytes());
    }

    @Override
    public String describe() {
        return "sequence files " + location.text();
    }

    /** Looks at the headers of the first files: those of many others are met by their readers. */
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
        return new SequenceFileReader<>(piece, Writables.of(key), Writables.of(value), decode);
    }
}
