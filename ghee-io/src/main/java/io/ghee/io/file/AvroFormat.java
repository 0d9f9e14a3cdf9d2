package io.ghee.io.file;

import io.ghee.GheeException;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;

/** Writes Avro container files. */
record AvroFormat<T extends Record>(Class<T> type) implements FileFormat<T> {
    /** As Avro calls them. */
    private static final Map<Compression, String> CODECS = Map.of(
            Compression.NONE, "null",
            Compression.GZIP, "deflate",
            Compression.BZIP2, "bzip2",
            Compression.SNAPPY, "snappy",
            Compression.ZSTD, "zstandard");

    @Override
    public String describe() {
        return "avro";
    }

    @Override
    public String extension() {
        return ".avro";
    }

    @Override
    public Set<Compression> compressions() {
        return CODECS.keySet();
    }

    @Override
    public Compression compression() {
        return Compression.SNAPPY;
    }

    @Override
    public boolean packsItself() {
        return true;
    }

    @Override
    public FileEncoder<T> encode(PartFile part, Compression compression) throws IOException {
        RecordShape<T> shape = RecordShape.of(type);
        CountingOutput out = new CountingOutput(part);
        DataFileWriter<T> file = new DataFileWriter<>(new AvroWrites<>(shape));
        file.setCodec(CodecFactory.fromString(CODECS.get(compression)));
        file.create(AvroSchemas.of(shape), out);
        return new FileEncoder<>() {
            @Override
            public void write(T record) throws IOException {
                try {
                    file.append(record);
                } catch (DataFileWriter.AppendWriteException e) {
                    throw e.getCause() instanceof GheeException told ? told : e;
                }
            }

            @Override
            public long bytes() {
                return out.bytes();
            }

            @Override
            public void finish() throws IOException {
                file.flush();
            }
        };
    }
}
