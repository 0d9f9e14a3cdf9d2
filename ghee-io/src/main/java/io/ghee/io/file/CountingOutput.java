package io.ghee.io.file;

import java.io.OutputStream;

/** A part file that counts what goes to it, and that an encoder cannot close. */
final class CountingOutput extends OutputStream {
    private final PartFile part;
    private long bytes;

    CountingOutput(PartFile part) {
        this.part = part;
    }

    @Override
    public void write(int b) {
        part.write(b);
        bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        part.write(source, offset, length);
        bytes += length;
    }

    long bytes() {
        return bytes;
    }
}
