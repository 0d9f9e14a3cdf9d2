package io.ghee.transfer.wire;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;

/** How the bodies of frames are packed. One that does not become shorter goes as it is. */
public enum Packing {
    /** They are not. */
    NONE(0),
    /** By LZ4: fast, and worth it where the network is slower than a processor core. */
    LZ4(1),
    /** By Zstandard at its fastest usual level: smaller, and slower. */
    ZSTD(2);

    private static final int ZSTD_LEVEL = 1;

    private final int code;

    Packing(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Packing of(int code) {
        return switch (code) {
            case 0 -> NONE;
            case 1 -> LZ4;
            case 2 -> ZSTD;
            default -> throw FrameHeader.refuse("packing of a frame", code, "0 to 2");
        };
    }

    /**
     * Packs a body. Both buffers are direct, and used from position to limit.
     *
     * @return the length, or -1 if it does not fit into {@code out}
     */
    public int pack(ByteBuffer body, ByteBuffer out) {
        try {
            return switch (this) {
                case NONE -> -1;
                case LZ4 ->
                    LZ4Factory.fastestInstance()
                            .fastCompressor()
                            .compress(body, body.position(), body.remaining(), out, out.position(), out.remaining());
                case ZSTD ->
                    (int) Zstd.compressDirectByteBuffer(
                            out, out.position(), out.remaining(), body, body.position(), body.remaining(), ZSTD_LEVEL);
            };
        } catch (LZ4Exception | ZstdException tooLong) {
            return -1;
        }
    }

    /**
     * Unpacks what {@link #pack} wrote. Both buffers are direct, and used from position to limit.
     *
     * @throws io.ghee.InfrastructureException if it is damaged, or does not become as long as {@code out}
     */
    public void unpack(ByteBuffer in, ByteBuffer out) {
        long length;
        try {
            length = switch (this) {
                case NONE -> -1;
                case LZ4 ->
                    LZ4Factory.fastestInstance()
                            .safeDecompressor()
                            .decompress(in, in.position(), in.remaining(), out, out.position(), out.remaining());
                case ZSTD ->
                    Zstd.decompressDirectByteBuffer(
                            out, out.position(), out.remaining(), in, in.position(), in.remaining());
            };
        } catch (LZ4Exception | ZstdException damaged) {
            length = -1;
        }
        FrameHeader.require(
                length == out.remaining(), "length unpacked by " + this, length, String.valueOf(out.remaining()));
    }
}
