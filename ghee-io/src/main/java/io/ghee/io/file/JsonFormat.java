package io.ghee.io.file;

import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;

/** Writes JSON lines. */
record JsonFormat<T extends Record>(Class<T> type) implements FileFormat<T> {
    @Override
    public String describe() {
        return "json lines";
    }

    @Override
    public String extension() {
        return ".json";
    }

    @Override
    public FileEncoder<T> encode(PartFile part, Compression compression) {
        ObjectWriter json = Json.writer(type);
        CountingOutput out = new CountingOutput(part);
        return new FileEncoder<>() {
            @Override
            public void write(T record) throws IOException {
                out.write(FileEncoder.encoded(json::writeValueAsBytes, record));
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
