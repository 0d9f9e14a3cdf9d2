package io.ghee.io.file;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/**
 * How the bytes of a file are packed; told by the end of its name. Hadoop and Spark read and write the same formats under
 * the same names.
 */
public enum Compression {
    /** Not packed. Only such files are cut into splits. */
    NONE("", "plain") {
        @Override
        InputStream unpack(InputStream packed) {
            return packed;
        }

        @Override
        OutputStream pack(OutputStream to) {
            return to;
        }
    },
    /** {@code .gz} */
    GZIP(".gz", "gzip") {
        @Override
        InputStream unpack(InputStream packed) throws IOException {
            return new GzipInput(packed);
        }

        @Override
        OutputStream pack(OutputStream to) throws IOException {
            return new GZIPOutputStream(to, BUFFER_BYTES);
        }
    },
    /** {@code .zst}: smaller than gzip, and faster. */
    ZSTD(".zst", "Zstandard") {
        @Override
        InputStream unpack(InputStream packed) throws IOException {
            return new ZstdInputStream(packed);
        }

        @Override
        OutputStream pack(OutputStream to) throws IOException {
            return new ZstdOutputStream(to).setChecksum(true);
        }
    },
    /** {@code .snappy}: as Hadoop frames it. */
    SNAPPY(".snappy", "Snappy") {
        @Override
        InputStream unpack(InputStream packed) throws IOException {
            return HadoopCodecs.unpackBlocks(HadoopCodecs.SNAPPY, packed);
        }

        @Override
        OutputStream pack(OutputStream to) throws IOException {
            return HadoopCodecs.pack(HadoopCodecs.SNAPPY, to);
        }
    },
    /** {@code .lz4}: written as Hadoop frames it; what the command {@code lz4} writes is read, too. */
    LZ4(".lz4", "LZ4") {
        @Override
        InputStream unpack(InputStream packed) throws IOException {
            return HadoopCodecs.unpackLz4(packed);
        }

        @Override
        OutputStream pack(OutputStream to) throws IOException {
            return HadoopCodecs.pack(HadoopCodecs.LZ4, to);
        }
    },
    /** {@code .bz2}: small, and slow. */
    BZIP2(".bz2", "bzip2") {
        @Override
        InputStream unpack(InputStream packed) throws IOException {
            return new BZip2CompressorInputStream(new BufferedInputStream(packed, BUFFER_BYTES), true);
        }

        @Override
        OutputStream pack(OutputStream to) throws IOException {
            return new BZip2CompressorOutputStream(new BufferedOutputStream(to, BUFFER_BYTES));
        }
    };

    private static final int BUFFER_BYTES = 64 << 10;

    private final String extension;
    private final String title;

    Compression(String extension, String title) {
        this.extension = extension;
        this.title = title;
    }

    /** What a file of this name is packed with. */
    static Compression of(String path) {
        for (Compression each : values()) {
            if (each != NONE && path.endsWith(each.extension)) {
                return each;
            }
        }
        return NONE;
    }

    /** The end of a file's name, with its dot. */
    String extension() {
        return extension;
    }

    /** The name of the format, for messages. */
    String title() {
        return title;
    }

    /** The bytes without their packing. Closing it closes {@code packed}. */
    abstract InputStream unpack(InputStream packed) throws IOException;

    /** Packs what is written. Closing it completes and closes {@code to}. */
    abstract OutputStream pack(OutputStream to) throws IOException;
}
