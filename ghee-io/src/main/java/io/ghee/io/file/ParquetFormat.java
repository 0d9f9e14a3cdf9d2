package io.ghee.io.file;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** Writes Parquet files. */
record ParquetFormat<T extends Record>(Class<T> type) implements FileFormat<T> {
    /** As Parquet calls them. */
    private static final Map<Compression, CompressionCodecName> CODECS = Map.of(
            Compression.NONE, CompressionCodecName.UNCOMPRESSED,
            Compression.GZIP, CompressionCodecName.GZIP,
            Compression.LZ4, CompressionCodecName.LZ4_RAW,
            Compression.SNAPPY, CompressionCodecName.SNAPPY,
            Compression.ZSTD, CompressionCodecName.ZSTD);

    @Override
    public String describe() {
        return "parquet";
    }

    @Override
    public String extension() {
        return ".parquet";
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
        Output out = new Output(new CountingOutput(part));
        ParquetWriter<T> file = new Builder<>(out, RecordShape.of(type))
                .withCompressionCodec(CODECS.get(compression))
                .build();
        return new FileEncoder<>() {
            @Override
            public void write(T record) throws IOException {
                file.write(record);
            }

            @Override
            public long bytes() {
                return file.getDataSize();
            }

            @Override
            public void finish() throws IOException {
                file.close();
            }
        };
    }

    private static final class Builder<T> extends ParquetWriter.Builder<T, Builder<T>> {
        private final RecordShape<T> shape;

        Builder(OutputFile out, RecordShape<T> shape) {
            super(out);
            this.shape = shape;
            withConf(new HadoopParquetConfiguration(new Configuration(false)));
        }

        @Override
        protected Builder<T> self() {
            return this;
        }

        @SuppressWarnings("deprecation") // Its successor calls it, and it is abstract.
        @Override
        protected WriteSupport<T> getWriteSupport(Configuration settings) {
            return new ParquetWrites<>(shape);
        }
    }

    /** A part file as Parquet wants it. */
    private record Output(CountingOutput out) implements OutputFile {
        @Override
        public PositionOutputStream create(long blockSizeHint) {
            return new PositionOutputStream() {
                @Override
                public long getPos() {
                    return out.bytes();
                }

                @Override
                public void write(int b) {
                    out.write(b);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    out.write(bytes, offset, length);
                }
            };
        }

        @Override
        public PositionOutputStream createOrOverwrite(long blockSizeHint) {
            return create(blockSizeHint);
        }

        @Override
        public boolean supportsBlockSize() {
            return false;
        }

        @Override
        public long defaultBlockSize() {
            return 0;
        }
    }
}
