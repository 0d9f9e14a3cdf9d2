package io.ghee.io.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import io.ghee.BadRecordException;
import io.ghee.DataSize;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The objects of files of JSON lines; made by {@link JsonLines#read}. Immutable: the methods return the same source with
 * one option more.
 *
 * @param <T> the record class
 */
public final class JsonLinesSource<T extends Record> implements BoundedSource<T> {
    private static final int LINE_SHOWN = 80;

    private final Location location;
    private final Class<T> type;
    private final long splitBytes;

    private JsonLinesSource(Location location, Class<T> type, long splitBytes) {
        this.location = location;
        this.type = type;
        this.splitBytes = splitBytes;
    }

    static <T extends Record> JsonLinesSource<T> of(Location location, Class<T> type) {
        Json.reader(type);
        return new JsonLinesSource<>(location, type, Splitting.DEFAULT_SIZE);
    }

    /** Cuts and packs files into splits of {@code size}; without it, by the size of the input and the number of readers. */
    public JsonLinesSource<T> splitSize(DataSize size) {
        return new JsonLinesSource<>(location, type, size.bytes());
    }

    @Override
    public String describe() {
        return "json lines " + location.text() + " as " + type.getSimpleName();
    }

    @Override
    public List<? extends Split> splits(int readers) {
        return Splitting.of(location.files(), splitBytes, InputFile::isCompressed, readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        ObjectReader json = Json.reader(type);
        return PackedReader.open(split, piece -> new Reader<>(LineReader.open(piece), json));
    }

    private record Reader<T>(LineReader lines, ObjectReader json) implements SplitReader<T> {
        @Override
        public @Nullable T next() throws IOException {
            String line;
            do {
                if (!lines.advance()) {
                    return null;
                }
                line = lines.text();
            } while (line.isBlank());
            T record;
            try {
                record = json.readValue(line);
            } catch (JsonMappingException e) {
                throw new BadRecordException(
                        (e.getPath().isEmpty() ? "" : "column " + column(e) + ": ")
                                + firstLine(e.getOriginalMessage())
                                + at(e, line),
                        e);
            } catch (JsonProcessingException e) {
                throw new BadRecordException("no JSON: " + firstLine(e.getOriginalMessage()) + at(e, line), e);
            }
            if (record == null) {
                throw new BadRecordException("null (expected: an object)");
            }
            return record;
        }

        private static String column(JsonMappingException e) {
            return e.getPath().stream()
                    .map(each -> each.getFieldName() == null ? "[" + each.getIndex() + "]" : "." + each.getFieldName())
                    .collect(Collectors.joining())
                    .replaceFirst("^\\.", "");
        }

        private static String firstLine(String message) {
            return message.lines().findFirst().orElse("");
        }

        /** Where in the line, and what is there. */
        private static String at(JsonProcessingException e, String line) {
            int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
            int from = Math.max(0, Math.min(column - 1, line.length()) - LINE_SHOWN / 2);
            int to = Math.min(line.length(), from + LINE_SHOWN);
            return ", at character " + column + ": " + (from > 0 ? "..." : "") + line.substring(from, to)
                    + (to < line.length() ? "..." : "");
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
