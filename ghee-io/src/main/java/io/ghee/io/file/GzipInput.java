package io.ghee.io.file;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Unpacks gzip, of one member or several, and insists on a whole file. The JDK's stream takes whatever follows a member
 * and is not the start of another one for the end, and so loses the rest of a file without a word.
 */
final class GzipInput extends GZIPInputStream {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int TRAILER_BYTES = 8;

    GzipInput(InputStream packed) throws IOException {
        super(packed, BUFFER_BYTES);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        if (read < 0) {
            checkEnd();
        }
        return read;
    }

    /** Lets zeros pass: some tools pad with them. */
    private void checkEnd() throws IOException {
        int after = len - inf.getRemaining() + TRAILER_BYTES;
        for (int k = after; k < len; k++) {
            if (buf[k] != 0) {
                throw new ZipException("what follows is no gzip");
            }
        }
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b != 0) {
                throw new ZipException("what follows is no gzip");
            }
        }
    }
}
