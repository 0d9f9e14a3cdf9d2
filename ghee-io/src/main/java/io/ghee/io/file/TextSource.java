package io.ghee.io.file;

import io.ghee.DataSize;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lines of files; made by {@link Text#lines}. Immutable: the methods return the same source with one option more. */
public final class TextSource implements BoundedSource<String> {
    private final Location location;
    private final @Nullable String header;
    private final long splitBytes;

    private TextSource(Location location, @Nullable String header, long splitBytes) {
        this.location = location;
        this.header = header;
        this.splitBytes = splitBytes;
    }

    static TextSource of(Location location) {
        return new TextSource(location, null, FileSplit.DEFAULT_SIZE);
    }

    /** Leaves out the first line of every file that has exactly this one. */
    public TextSource header(String exactFirstLine) {
        return new TextSource(location, exactFirstLine, splitBytes);
    }

    /** Cuts files at multiples of {@code size}; without it, by the size of the input and the number of readers. */
    public TextSource splitSize(DataSize size) {
        return new TextSource(location, header, size.bytes());
    }

    @Override
    public String describe() {
        return "text " + location.text();
    }

    @Override
    public List<? extends Split> splits(int readers) throws IOException {
        return FileSplit.cut(location.files(), splitBytes, false, readers);
    }

    @Override
    public SplitReader<String> open(Split split) throws IOException {
        return new TextReader(LineReader.open((FileSplit) split), header);
    }

    private static final class TextReader implements SplitReader<String> {
        private final LineReader lines;
        private final @Nullable String header;

        TextReader(LineReader lines, @Nullable String header) {
            this.lines = lines;
            this.header = header;
        }

        @Override
        public @Nullable String next() throws IOException {
            if (!lines.advance()) {
                return null;
            }
            String line = lines.text();
            return header != null && lines.isFirstOfFile() && line.equals(header) ? next() : line;
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
