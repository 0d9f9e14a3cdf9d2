package io.ghee.io.file;

import io.ghee.DataSize;
import io.ghee.function.RecordFunction;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines of files, or what is read from each; made by {@link Text#lines}. Immutable: the methods return the same source
 * with one option more.
 *
 * @param <T> what a line becomes
 */
public final class TextSource<T> implements BoundedSource<T> {
    private final Location location;
    private final RecordFunction<String, T> decode;
    private final @Nullable String header;
    private final long splitBytes;

    private TextSource(Location location, RecordFunction<String, T> decode, @Nullable String header, long splitBytes) {
        this.location = location;
        this.decode = decode;
        this.header = header;
        this.splitBytes = splitBytes;
    }

    static <T> TextSource<T> of(Location location, RecordFunction<String, T> decode) {
        return new TextSource<>(location, decode, null, Splitting.DEFAULT_SIZE);
    }

    /** Leaves out the first line of every file that has exactly this one. */
    public TextSource<T> header(String exactFirstLine) {
        return new TextSource<>(location, decode, exactFirstLine, splitBytes);
    }

    /** Cuts and packs files into splits of {@code size}; without it, by the size of the input and the number of readers. */
    public TextSource<T> splitSize(DataSize size) {
        return new TextSource<>(location, decode, header, size.bytes());
    }

    @Override
    public String describe() {
        return "text " + location.text();
    }

    @Override
    public List<? extends Split> splits(int readers) {
        return Splitting.of(location.files(), splitBytes, InputFile::isCompressed, readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        return PackedReader.open(split, piece -> new TextReader<>(LineReader.open(piece), decode, header));
    }

    private static final class TextReader<T> implements SplitReader<T> {
        private final LineReader lines;
        private final RecordFunction<String, T> decode;
        private final @Nullable String header;

        TextReader(LineReader lines, RecordFunction<String, T> decode, @Nullable String header) {
            this.lines = lines;
            this.decode = decode;
            this.header = header;
        }

        @Override
        public @Nullable T next() throws Exception {
            if (!lines.advance()) {
                return null;
            }
            String line = lines.text();
            return header != null && lines.isFirstOfFile() && line.equals(header) ? next() : decode.apply(line);
        }

        @Override
        public String position() {
            return lines.position();
        }

        @Override
        public void close() throws IOException {
            lines.close();
        }
    }
}
