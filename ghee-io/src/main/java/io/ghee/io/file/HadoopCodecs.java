package io.ghee.io.file;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4FrameInputStream;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.BlockDecompressorStream;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.Decompressor;
import org.apache.hadoop.io.compress.Lz4Codec;
import org.apache.hadoop.io.compress.SnappyCodec;

/** The formats of files that only Hadoop writes, by Hadoop's codecs. Apart, so that other files do not load these. */
final class HadoopCodecs {
    static final CompressionCodec SNAPPY = ready(new SnappyCodec());
    static final CompressionCodec LZ4 = ready(new Lz4Codec());

    private static final byte[] LZ4_FRAME = {0x04, 0x22, 0x4D, 0x18};
    /** Hadoop's default, with which its files are written. */
    private static final int CODEC_BUFFER_BYTES = 256 << 10;
    /** No writer makes such long ones: what claims to be one is something else. */
    private static final int MAX_BLOCK_BYTES = 64 << 20;

    private HadoopCodecs() {}

    private static <C extends CompressionCodec & Configurable> C ready(C codec) {
        codec.setConf(new Configuration(false));
        return codec;
    }

    static OutputStream pack(CompressionCodec codec, OutputStream to) throws IOException {
        return codec.createOutputStream(to);
    }

    /** Of Hadoop's framing, or of the LZ4 frame format: the first bytes tell. */
    static InputStream unpackLz4(InputStream packed) throws IOException {
        PushbackInputStream start = new PushbackInputStream(packed, LZ4_FRAME.length);
        return startsWith(start, LZ4_FRAME) ? new LZ4FrameInputStream(start) : unpackBlocks(LZ4, start);
    }

    private static boolean startsWith(PushbackInputStream packed, byte[] expected) throws IOException {
        byte[] found = packed.readNBytes(expected.length);
        packed.unread(found);
        return Arrays.equals(found, expected);
    }

    static InputStream unpackBlocks(CompressionCodec codec, InputStream packed) throws IOException {
        return new Blocks(packed, codec.createDecompressor());
    }

    /** Insists on whole blocks, where Hadoop's stream takes a torn one for the end. */
    private static final class Blocks extends BlockDecompressorStream {
        Blocks(InputStream packed, Decompressor decompressor) throws IOException {
            super(new Headers(packed), decompressor, CODEC_BUFFER_BYTES);
        }

        @Override
        protected int decompress(byte[] bytes, int offset, int length) throws IOException {
            int read;
            try {
                read = super.decompress(bytes, offset, length);
            } catch (RuntimeException | InternalError e) {
                throw new IOException("corrupt data: " + e.getMessage(), e);
            }
            if (read < 0 && ((Headers) in).isTorn()) {
                throw new IOException("the file ends within the length of a block");
            }
            return read;
        }

        @Override
        protected int getCompressedData() throws IOException {
            byte[] header = in.readNBytes(Integer.BYTES);
            int length =
                    header.length < Integer.BYTES ? -1 : ByteBuffer.wrap(header).getInt();
            if (length < 0 || length > MAX_BLOCK_BYTES) {
                throw new IOException("a block of " + length + " bytes");
            }
            if (length > buffer.length) {
                buffer = new byte[length];
            }
            if (in.readNBytes(buffer, 0, length) < length) {
                throw new IOException("the file ends within a block");
            }
            return length;
        }
    }

    /** Counts what is read byte by byte, as the headers of blocks are. */
    private static final class Headers extends FilterInputStream {
        private int bytes;

        Headers(InputStream packed) {
            super(packed);
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            bytes += read < 0 ? 0 : 1;
            return read;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, length);
        }

        boolean isTorn() {
            return bytes % Integer.BYTES != 0;
        }
    }
}
