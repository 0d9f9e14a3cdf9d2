package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import java.io.IOException;

/** Writes TFRecord files. */
record TFRecordFormat<T>(RecordFunction<T, byte[]> encode) implements FileFormat<T> {
    @Override
    public String describe() {
        return "tfrecords";
    }

    @Override
    public String extension() {
        return ".tfrecord";
    }

    @Override
    public FileEncoder<T> encode(PartFile part, Compression compression) {
        CountingOutput out = new CountingOutput(part);
        return new FileEncoder<>() {
            @Override
            public void write(T record) throws IOException {
                byte[] payload = FileEncoder.encoded(encode, record);
                out.write(TFRecordFrame.header(payload.length));
                out.write(payload);
                out.write(TFRecordFrame.footer(payload));
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
