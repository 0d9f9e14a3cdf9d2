package io.ghee.io.file;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.ghee.BadRecordException;
import io.ghee.InputException;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;

/**
 * Parses the lines of a split as rows. Used by one thread, which closes it.
 *
 * <p>The parser is given one line at a time, the next one when it asks for more in the middle of a row. If quoted fields
 * may span lines, it gets it. If not, it is told that the input ends there: the row is refused, and a fresh parser goes
 * on at the next line. So one stray quote costs one row, and not the rest of the file.
 *
 * @param <R> what the handler makes of a row
 */
final class CsvRows<R> implements Closeable {
    private final LineReader lines;
    private final char separator;
    private final boolean multiLine;
    private final CsvCallbackHandler<R> handler;
    private CloseableIterator<R> parsed;
    private LineReader.Chars chars = new LineReader.Chars(new char[1024], 0);
    private int given;
    private boolean inRow;
    private boolean unclosed;
    private long rowLine;

    CsvRows(LineReader lines, char separator, boolean multiLine, CsvCallbackHandler<R> handler) {
        this.lines = lines;
        this.separator = separator;
        this.multiLine = multiLine;
        this.handler = handler;
        this.parsed = parser(new Feed(), separator, handler);
    }

    private static <R> CloseableIterator<R> parser(Reader feed, char separator, CsvCallbackHandler<R> handler) {
        return CsvReader.builder()
                .fieldSeparator(separator)
                .skipEmptyLines(false)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .maxBufferSize(2 * LineReader.MAX_LINE_BYTES)
                .build(handler, feed)
                .iterator();
    }

    /**
     * The next row that is not an empty line, or null at the end.
     *
     * @throws BadRecordException if the quoting of the row is broken; the next row can be asked for
     * @throws InputException if it is, and where the row ends cannot be known
     */
    @Nullable
    R next() {
        inRow = false;
        unclosed = false;
        try {
            return parsed.hasNext() ? parsed.next() : null;
        } catch (CsvParseException e) {
            throw refused(e);
        }
    }

    private InputException refused(CsvParseException e) {
        if (e.getCause() instanceof InputException damaged) {
            // The parser wraps what the lines threw. It ends the split.
            return damaged;
        }
        Throwable cause = e.getCause() instanceof CsvParseException inner ? inner : e;
        String message = unclosed
                ? "a quoted field that is not closed (expected: a \" at its end"
                        + (multiLine ? ")" : ", in the same line; multiLine() reads fields that span lines)")
                : String.valueOf(cause.getMessage());
        if (multiLine) {
            return new InputException(position() + ": " + message, e);
        }
        given = chars.length();
        parsed = parser(new Feed(), separator, handler);
        return new BadRecordException(message, e);
    }

    /** Where the row that was last returned or refused begins. */
    String position() {
        return lines.position(rowLine);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }

    /** What the parser reads. It is never closed: the lines are. */
    private final class Feed extends Reader {
        @Override
        public int read(char[] into, int offset, int length) throws IOException {
            if (given == chars.length() && !nextLine()) {
                return -1;
            }
            int count = Math.min(length, chars.length() - given);
            System.arraycopy(chars.array(), given, into, offset, count);
            given += count;
            return count;
        }

        private boolean nextLine() throws IOException {
            if (inRow && !multiLine) {
                unclosed = true;
                return false;
            }
            do {
                if (!lines.advance()) {
                    unclosed = inRow;
                    return false;
                }
            } while (!inRow && lines.isEmpty());
            if (!inRow) {
                rowLine = lines.lines();
                inRow = true;
            }
            chars = lines.chars(chars.array(), multiLine);
            given = 0;
            return true;
        }

        @Override
        public void close() {}
    }
}
