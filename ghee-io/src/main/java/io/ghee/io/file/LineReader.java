package io.ghee.io.file;

import io.ghee.GheeException;
import io.ghee.InputException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Cuts the bytes of a split into lines. Used by one thread, which closes it.
 *
 * <p>A line belongs to the split in which its first byte lies. So a reader that starts in the middle of a file looks at
 * the byte before its start, goes on to the first line end from there, and reads its last line to the end though that
 * may be far behind the end of the split. A file is read once, from left to right, into one buffer; a line stays where it
 * was read, until the next {@link #advance}:
 *
 * <pre>
 *   buffer  | lines before | lineStart  the line  lineEnd | \r\n | next  ...  limit | free
 * </pre>
 *
 * <p>Only the lines of this split are counted. How many there are before it is asked for messages alone, and counted
 * then.
 */
final class LineReader implements Closeable {
    static final int MAX_LINE_BYTES = 16 << 20;
    private static final int BUFFER_BYTES = 128 << 10;
    private static final int BOM_BYTES = 3;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A_0A0A_0A0A_0A0AL;
    private static final long LOW_BITS = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private final String path;
    private final long start;
    private final long end;
    private final Compression compression;
    private final InputStream in;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int lineStart;
    private int lineEnd;
    private int next;
    private int limit;
    /** The offset of {@code next} in the file, unpacked. */
    private long nextAt;
    /** The offset of the first line that starts in the split. */
    private long firstAt;

    private long lines;
    private long linesBefore = -1;

    private LineReader(FileSplit split, InputStream in) {
        this.path = split.path();
        this.start = split.start();
        this.end = split.end();
        this.compression = Compression.of(path);
        this.in = in;
    }

    /**
     * Opens a split.
     *
     * @throws InputException if the file is not there or cannot be read
     */
    static LineReader open(FileSplit split) throws IOException {
        LineReader lines = new LineReader(split, stream(split));
        try {
            lines.goToFirstLine();
            return lines;
        } catch (IOException | RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    private static InputStream stream(FileSplit split) {
        StorageInput file = Storage.of(split.path()).open(split.path());
        try {
            if (split.start() > 0) {
                file.seek(split.start() - 1);
            }
            return Compression.of(split.path()).unpack(file);
        } catch (IOException e) {
            file.close();
            throw new InputException(
                    split.path() + ": cannot be read: " + e.getMessage() + " (expected: a whole "
                            + Compression.of(split.path()).title() + " file)",
                    e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private void goToFirstLine() throws IOException {
        if (start > 0) {
            nextAt = start - 1;
            int found = -1;
            while (found < 0 && nextAt < end) {
                nextAt += limit - next;
                next = 0;
                limit = 0;
                if (!fill()) {
                    break;
                }
                found = newline(buffer, 0, limit);
            }
            if (found >= 0) {
                next = found + 1;
                nextAt += next;
            }
        }
        firstAt = nextAt;
    }

    /** Goes to the next line of the split; false if there is none. */
    boolean advance() throws IOException {
        if (nextAt >= end) {
            return false;
        }
        int scanned = next;
        while (true) {
            int found = newline(buffer, scanned, limit);
            if (found >= 0) {
                take(found, found + 1);
                return true;
            }
            int partial = limit - next;
            if (partial > MAX_LINE_BYTES) {
                lines++;
                throw tooLong();
            }
            if (!fill()) {
                if (partial > 0) {
                    take(limit, limit);
                }
                return partial > 0;
            }
            scanned = next + partial;
        }
    }

    private void take(int contentEnd, int following) {
        if (contentEnd - next > MAX_LINE_BYTES) {
            lines++;
            throw tooLong();
        }
        boolean crlf = following > contentEnd && contentEnd > next && buffer[contentEnd - 1] == '\r';
        lineEnd = crlf ? contentEnd - 1 : contentEnd;
        lineStart = nextAt == 0 && hasBom() ? next + BOM_BYTES : next;
        nextAt += following - next;
        next = following;
        lines++;
    }

    private boolean hasBom() {
        return lineEnd - next >= BOM_BYTES
                && buffer[next] == (byte) 0xEF
                && buffer[next + 1] == (byte) 0xBB
                && buffer[next + 2] == (byte) 0xBF;
    }

    private InputException tooLong() {
        return new InputException(position() + ": a line of more than " + (MAX_LINE_BYTES >> 20)
                + " MiB (expected: lines that end in \\n or \\r\\n)");
    }

    /** Reads more behind {@code limit}, making room if there is none; false at the end of the file. */
    private boolean fill() throws IOException {
        if (limit == buffer.length) {
            int partial = limit - next;
            byte[] target = partial > buffer.length / 2 ? new byte[2 * buffer.length] : buffer;
            System.arraycopy(buffer, next, target, 0, partial);
            buffer = target;
            next = 0;
            limit = partial;
        }
        int read;
        try {
            read = in.read(buffer, limit, buffer.length - limit);
        } catch (IOException e) {
            throw new InputException(
                    path + ": broke off after line " + (linesBefore() + lines) + ": " + e.getMessage()
                            + " (expected: a whole " + compression.title() + " file)",
                    e);
        }
        limit += Math.max(0, read);
        return read > 0;
    }

    /** The index of the first {@code \n} in {@code [from, to)}, or -1. */
    static int newline(byte[] bytes, int from, int to) {
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            // The lowest byte that is zero in x gets its high bit set in hits; see Hacker's Delight, 6-1.
            long x = (long) LONGS.get(bytes, at) ^ NEWLINES;
            long hits = (x - LOW_BITS) & ~x & HIGH_BITS;
            if (hits != 0) {
                return at + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        for (; at < to; at++) {
            if (bytes[at] == '\n') {
                return at;
            }
        }
        return -1;
    }

    /** The line, without its end. */
    String text() {
        return new String(buffer, lineStart, lineEnd - lineStart, StandardCharsets.UTF_8);
    }

    boolean isEmpty() {
        return lineStart == lineEnd;
    }

    /**
     * Decodes the line into {@code chars}, or into a longer array if it does not fit, with its end as it is in the file or
     * as a {@code \n} that it always has.
     *
     * @return the array and how many chars of it are the line's
     */
    Chars chars(char[] chars, boolean endAsIs) {
        int length = lineEnd - lineStart;
        int tail = endAsIs ? next - lineEnd : 1;
        char[] target = chars.length >= length + tail ? chars : new char[Math.max(length + tail, 2 * chars.length)];
        int k = 0;
        while (k < length && buffer[lineStart + k] >= 0) {
            target[k] = (char) buffer[lineStart + k];
            k++;
        }
        if (k < length) {
            String text = text();
            text.getChars(0, text.length(), target, 0);
            k = text.length();
        }
        if (endAsIs) {
            for (int at = lineEnd; at < next; at++) {
                target[k++] = (char) buffer[at];
            }
        } else {
            target[k++] = '\n';
        }
        return new Chars(target, k);
    }

    /** The first {@code length} of {@code array}. */
    record Chars(char[] array, int length) {}

    /** True if the line is the first one of its file. */
    boolean isFirstOfFile() {
        return start == 0 && lines == 1;
    }

    /** True if the split starts where its file does. */
    boolean isFirstSplit() {
        return start == 0;
    }

    /** How many lines have been read of this split. */
    long lines() {
        return lines;
    }

    /** The path and the number of the line in it, from 1. */
    String position() {
        return position(lines);
    }

    /** The path and the number in it of the {@code n}-th line of this split. */
    String position(long n) {
        try {
            return path + ":" + (linesBefore() + Math.max(1, n));
        } catch (IOException | GheeException e) {
            return path + ", line " + n + " from byte " + firstAt;
        }
    }

    private long linesBefore() throws IOException {
        if (linesBefore < 0) {
            linesBefore = start == 0 ? 0 : countLines(path, firstAt);
        }
        return linesBefore;
    }

    private static long countLines(String path, long end) throws IOException {
        byte[] bytes = new byte[BUFFER_BYTES];
        long count = 0;
        try (InputStream file = Storage.of(path).open(path)) {
            long left = end;
            while (left > 0) {
                int read = file.read(bytes, 0, (int) Math.min(left, bytes.length));
                if (read < 0) {
                    break;
                }
                for (int at = newline(bytes, 0, read); at >= 0; at = newline(bytes, at + 1, read)) {
                    count++;
                }
                left -= read;
            }
        }
        return count;
    }

    /** Closes the file; positions can still be asked for. */
    @Override
    public void close() throws IOException {
        in.close();
    }
}
