package io.ghee.io.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes a record a line. */
record TextFormat() implements FileFormat<Object> {
    @Override
    public String describe() {
        return "text";
    }

    @Override
    public String extension() {
        return ".txt";
    }

    @Override
    public FileEncoder<Object> encode(PartFile part, Compression compression) {
        CountingOutput out = new CountingOutput(part);
        return new FileEncoder<>() {
            @Override
            public void write(Object record) throws IOException {
                out.write(String.valueOf(record).getBytes(StandardCharsets.UTF_8));
                out.write('\n');
            }

            @Override
            public long bytes() {
                return out.bytes();
            }

            @Override
            public void finish() {}
        };
    }
}
