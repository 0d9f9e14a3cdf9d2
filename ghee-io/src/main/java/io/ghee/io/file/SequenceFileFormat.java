package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.SequenceFile.CompressionType;
import org.apache.hadoop.io.compress.BZip2Codec;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.DefaultCodec;
import org.apache.hadoop.io.compress.Lz4Codec;
import org.apache.hadoop.io.compress.SnappyCodec;
import org.apache.hadoop.util.ReflectionUtils;

/** Writes sequence files. */
record SequenceFileFormat<T, K, V>(
        Class<K> key, RecordFunction<T, K> keyOf, Class<V> value, RecordFunction<T, V> valueOf)
        implements FileFormat<T> {
    /** Those that work without Hadoop's native library. */
    private static final Map<Compression, Class<? extends CompressionCodec>> CODECS = Map.of(
            Compression.GZIP, DefaultCodec.class,
            Compression.BZIP2, BZip2Codec.class,
            Compression.LZ4, Lz4Codec.class,
            Compression.SNAPPY, SnappyCodec.class,
            Compression.NONE, DefaultCodec.class);

    @Override
    public String describe() {
        return "sequence files";
    }

    @Override
    public String extension() {
        return ".seq";
    }

    @Override
    public Set<Compression> compressions() {
        return CODECS.keySet();
    }

    @Override
    public boolean packsItself() {
        return true;
    }

    @Override
    public FileEncoder<T> encode(PartFile part, Compression compression) throws IOException {
        Writables keys = Writables.of(key);
        Writables values = Writables.of(value);
        Configuration settings = new Configuration(false);
        CompressionCodec codec = ReflectionUtils.newInstance(CODECS.get(compression), settings);
        CountingOutput out = new CountingOutput(part);
        SequenceFile.Writer file = SequenceFile.createWriter(
                settings,
                SequenceFile.Writer.stream(new FSDataOutputStream(out, null)),
                SequenceFile.Writer.keyClass(keys.written()),
                SequenceFile.Writer.valueClass(values.written()),
                SequenceFile.Writer.compression(
                        compression == Compression.NONE ? CompressionType.NONE : CompressionType.BLOCK, codec));
        return new FileEncoder<>() {
            @Override
            public void write(T record) throws IOException {
                file.append(
                        keys.make().apply(FileEncoder.encoded(keyOf, record)),
                        values.make().apply(FileEncoder.encoded(valueOf, record)));
            }

            @Override
            public long bytes() {
                return out.bytes();
            }

            @Override
            public void finish() throws IOException {
                file.close();
            }
        };
    }
}
