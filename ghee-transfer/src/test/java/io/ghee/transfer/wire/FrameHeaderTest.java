package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.FrameHeader.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FrameHeaderTest {
    private static final int LARGEST = 1 << 16;
    private static final Route ROUTE = new Route(-7, 3, 4, 2, 9);
    private static final FrameHeader DATA =
            new FrameHeader(Kind.DATA, false, Packing.NONE, ROUTE, 1L << 40, 5, 3, 1000, 1000, 1 << 25);

    private static ByteBuffer frame(FrameHeader header) {
        ByteBuffer frame = ByteBuffer.allocate(header.frameBytes());
        header.writeTo(frame);
        return frame;
    }

    @Test
    void aHeaderOfDataComesBack() {
        assertThat(FrameHeader.read(frame(DATA), LARGEST)).isEqualTo(DATA);
        assertThat(DATA.frameBytes()).isEqualTo(64 + 1000);
        FrameHeader sealed = new FrameHeader(Kind.DATA, true, Packing.NONE, ROUTE, 0, 5, 1, 1000, 1000, 1 << 25);
        assertThat(FrameHeader.read(frame(sealed), LARGEST)).isEqualTo(sealed);
        assertThat(sealed.frameBytes()).isEqualTo(64 + 1000 + 16);
    }

    @ParameterizedTest
    @EnumSource(names = {"END_OF_EPOCH", "END_OF_STREAM", "PROBE", "FAREWELL"})
    void aMarkComesBack(Kind kind) {
        FrameHeader mark = new FrameHeader(kind, false, Packing.NONE, ROUTE, 17, 1, 0, 0, 0, 1 << 25);

        assertThat(FrameHeader.read(frame(mark), LARGEST)).isEqualTo(mark);
        assertThat(mark.frameBytes()).isEqualTo(FrameHeader.BYTES);
        assertThat(FrameHeader.isProbe(frame(mark))).isEqualTo(kind == Kind.PROBE || kind == Kind.FAREWELL);
    }

    @Test
    void whatIsLookedAtFirstIsReadOffTheFrame() {
        ByteBuffer frame = frame(DATA);

        assertThat(FrameHeader.foreign(frame)).isNull();
        assertThat(FrameHeader.route(frame)).isEqualTo(ROUTE);
        assertThat(FrameHeader.sequence(frame)).isEqualTo(1L << 40);
        assertThat(FrameHeader.isSealed(frame)).isFalse();
        assertThat(FrameHeader.foreign(ByteBuffer.allocate(63))).contains("shorter");
        assertThat(FrameHeader.foreign(frame(DATA).put(1, (byte) 0))).contains("no frame");
        assertThat(FrameHeader.foreign(frame(DATA).put(4, (byte) 9))).contains("version");
    }

    @Test
    void readingLeavesTheFrameAsItIs() {
        ByteBuffer frame = frame(DATA).order(ByteOrder.BIG_ENDIAN);

        FrameHeader.read(frame, LARGEST);

        assertThat(frame.position()).isZero();
        assertThat(frame.remaining()).isEqualTo(DATA.frameBytes());
        assertThat(frame.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }

    /** The offset of an int of the header, what is written there, and what the refusal names. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, it is no frame",
        "0, 0x47484545, it is no frame",
        "4, 0x00010001, version",
        "4, 0x00000003, frame kind",
        "4, 0x00060003, frame kind",
        "4, 0x00FF0003, frame kind",
        "4, 0x10010003, packing of a frame",
        "4, 0x01010003, length of the body",
        "4, 0x00030003, batches in 1000 bytes of END_OF_STREAM",
        "4, 0x00040003, batches in 1000 bytes of PROBE",
        "4, 0x00050003, batches in 1000 bytes of FAREWELL",
        "4, 0x00020003, batches in 1000 bytes of END_OF_EPOCH",
        "36, -1, sequence",
        "40, -1, epoch",
        "44, -1, batches",
        "44, 0, batches",
        "44, 42, batches",
        "48, -1, length of the body",
        "48, 999, length of the body",
        "48, 0x7FFFFFFF, length of the body",
        "52, -1, length of the unpacked body",
        "52, 65537, length of the unpacked body",
        "52, 999, length of a body that is not packed",
        "60, -1, credit"
    })
    void aDamagedFieldIsRefusedByName(int offset, String value, String named) {
        ByteBuffer frame = frame(DATA).putInt(offset, Long.decode(value).intValue());

        assertThatThrownBy(() -> FrameHeader.read(frame, LARGEST))
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
                assertThatThrownBy(() -> FrameHeader.read(frame, LARGEST))
                        .as("%s bytes", length)
                        .isInstanceOf(InfrastructureException.class);
            }
        }
    }

    /** What {@code ZmqInbox} relies on when it refuses a message. */
    @Test
    void aFrameTakenForTheHeaderOfAMessageAnnouncesAnImpossibleLength() {
        for (FrameHeader header :
                List.of(DATA, new FrameHeader(Kind.PROBE, true, Packing.NONE, ROUTE, 1, 0, 0, 0, 0, 0))) {
            ByteBuffer frame = frame(header).order(ByteOrder.BIG_ENDIAN);
            int large = 2;
            assertThat(frame.get(0) & large).isNotZero();
            assertThat(frame.getLong(1)).isGreaterThan(Integer.MAX_VALUE);
        }
    }
}
