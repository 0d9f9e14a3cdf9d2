package io.ghee.io.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4FrameInputStream;
import org.apache.hadoop.conf.Configurable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.BZip2Codec;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.Lz4Codec;
import org.apache.hadoop.io.compress.SnappyCodec;

/** The formats of files that only Hadoop writes, by Hadoop's codecs. Apart, so that other files do not load these. */
final class HadoopCodecs {
    static final CompressionCodec SNAPPY = ready(new SnappyCodec());
    static final CompressionCodec LZ4 = ready(new Lz4Codec());
    static final CompressionCodec BZIP2 = ready(new BZip2Codec());

    private static final int LZ4_FRAME_MAGIC = 0x184D2204;

    private HadoopCodecs() {}

    private static <C extends CompressionCodec & Configurable> C ready(C codec) {
        codec.setConf(new Configuration(false));
        return codec;
    }

    static InputStream unpack(CompressionCodec codec, InputStream packed) throws IOException {
        return new Damage(codec.createInputStream(packed));
    }

    static OutputStream pack(CompressionCodec codec, OutputStream to) throws IOException {
        return codec.createOutputStream(to);
    }

    /** Of Hadoop's framing, or of the LZ4 frame format: the first bytes tell. */
    static InputStream unpackLz4(InputStream packed) throws IOException {
        PushbackInputStream start = new PushbackInputStream(packed, Integer.BYTES);
        byte[] magic = start.readNBytes(Integer.BYTES);
        start.unread(magic);
        boolean framed = magic.length == Integer.BYTES
                && ByteBuffer.wrap(magic).order(ByteOrder.LITTLE_ENDIAN).getInt() == LZ4_FRAME_MAGIC;
        return framed ? new LZ4FrameInputStream(start) : unpack(LZ4, start);
    }

    /** Tells by an {@link IOException} what the codecs tell by unchecked exceptions and errors of their own. */
    private static final class Damage extends InputStream {
        private final InputStream in;

        Damage(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (IllegalArgumentException | IndexOutOfBoundsException | InternalError e) {
                throw new IOException("corrupt data: " + e.getMessage(), e);
            } catch (OutOfMemoryError e) {
                throw new IOException("corrupt data: a block of an impossible length", e);
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
