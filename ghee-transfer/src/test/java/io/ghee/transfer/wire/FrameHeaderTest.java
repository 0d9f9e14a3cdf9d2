package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.FrameHeader.Codec;
import io.ghee.transfer.wire.FrameHeader.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FrameHeaderTest {
    private static final FrameHeader DATA =
            new FrameHeader(Kind.DATA, Codec.COLUMNAR, -7, 3, 2, 5, 100, 1L << 40, 13, 1000);

    private static ByteBuffer frame(FrameHeader header) {
        ByteBuffer frame = ByteBuffer.allocate(header.frameBytes());
        header.writeTo(frame);
        return frame;
    }

    @Test
    void aHeaderOfDataComesBack() {
        assertThat(FrameHeader.read(frame(DATA))).isEqualTo(DATA);
        assertThat(DATA.payloadOffset()).isEqualTo(64 + 16);
        assertThat(DATA.frameBytes()).isEqualTo(64 + 16 + 1000);
    }

    @ParameterizedTest
    @EnumSource(names = {"END_OF_EPOCH", "END_OF_STREAM"})
    void aMarkComesBack(Kind kind) {
        FrameHeader mark = new FrameHeader(kind, Codec.NONE, Long.MIN_VALUE, 0, 0, 1, 0, 17, 0, 0);

        assertThat(FrameHeader.read(frame(mark))).isEqualTo(mark);
        assertThat(mark.frameBytes()).isEqualTo(FrameHeader.BYTES);
    }

    @Test
    void readingLeavesTheFrameAsItIs() {
        ByteBuffer frame = frame(DATA).order(ByteOrder.BIG_ENDIAN);

        FrameHeader.read(frame);

        assertThat(frame.position()).isZero();
        assertThat(frame.remaining()).isEqualTo(DATA.frameBytes());
        assertThat(frame.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }

    /** The offset of an int of the header, what is written there, and what the refusal names. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, frame magic",
        "0, 0x47484545, frame magic",
        "4, 0x01010002, protocol version",
        "4, 0x01000001, frame kind",
        "4, 0x01040001, frame kind",
        "4, 0x01FF0001, frame kind",
        "4, 0x00010001, codec of a frame of DATA",
        "4, 0x03010001, frame codec",
        "4, 0xFF010001, frame codec",
        "4, 0x01020001, codec of a frame of END_OF_EPOCH",
        "4, 0x00020001, after the header of a mark",
        "4, 0x02010001, class name length of codec KRYO",
        "16, -1, generation",
        "20, -1, sender",
        "24, -1, epoch",
        "28, -1, rows",
        "36, -1, sequence",
        "40, -1, class name length",
        "40, 1025, class name length",
        "40, 0x7FFFFFFF, class name length",
        "40, 1, frame length",
        "44, -1, payload length",
        "44, 999, frame length",
        "44, 1001, frame length",
        "44, 0x7FFFFFFF, frame length",
        "48, 1, reserved bytes",
        "60, 1, reserved bytes"
    })
    void aDamagedFieldIsRefusedByName(int offset, String value, String named) {
        ByteBuffer frame = frame(DATA).putInt(offset, Long.decode(value).intValue());

        assertThatThrownBy(() -> FrameHeader.read(frame))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining(named)
                .hasMessageContaining("(expected: ");
    }

    @Test
    void everyOtherLengthIsRefused() {
        for (int length = 0; length < 2 * DATA.frameBytes(); length++) {
            ByteBuffer frame = ByteBuffer.allocate(length);
            frame.put(0, frame(DATA), 0, Math.min(length, DATA.frameBytes()));
            if (length != DATA.frameBytes()) {
                assertThatThrownBy(() -> FrameHeader.read(frame))
                        .as("%s bytes", length)
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining("frame length: " + length);
            }
        }
    }
}
