package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackingTest {
    private static ByteBuffer body(int length, boolean random) {
        byte[] bytes = new byte[length];
        SplittableRandom source = new SplittableRandom(1);
        for (int k = 0; k < length; k++) {
            bytes[k] = (byte) (random ? source.nextInt() : k / 100);
        }
        return ByteBuffer.allocateDirect(length).put(bytes).flip();
    }

    private static ByteBuffer packed(Packing packing, ByteBuffer body) {
        ByteBuffer out = ByteBuffer.allocateDirect(body.remaining() + 7).position(7);
        int length = packing.pack(body, out);
        return length < 0 ? null : out.slice(7, length);
    }

    @ParameterizedTest
    @EnumSource(names = {"LZ4", "ZSTD"})
    void whatWasPackedUnpacks(Packing packing) {
        for (int length : new int[] {600, 65_536, 1 << 20}) {
            ByteBuffer body = body(length, false);
            ByteBuffer packed = packed(packing, body);
            assertThat(packed.remaining()).isLessThan(length / 4);

            ByteBuffer out = ByteBuffer.allocateDirect(length + 8).position(8);
            packing.unpack(packed, out);
            assertThat(out.slice(8, length)).isEqualTo(body);
            assertThat(body.position()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LZ4", "ZSTD"})
    void whatBecomesNoShorterIsNotPacked(Packing packing) {
        assertThat(packed(packing, body(100_000, true))).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"LZ4", "ZSTD"})
    void damageIsRefusedAndWritesNothingOutside(Packing packing) {
        int length = 20_000;
        ByteBuffer packed = packed(packing, body(length, false));
        SplittableRandom random = new SplittableRandom(2);
        for (int k = 0; k < 5000; k++) {
            ByteBuffer damaged = ByteBuffer.allocateDirect(packed.remaining());
            damaged.put(packed.duplicate()).flip();
            int at = random.nextInt(damaged.limit());
            damaged.put(at, (byte) random.nextInt());
            ByteBuffer out = ByteBuffer.allocateDirect(length + 16);
            try {
                packing.unpack(damaged, out.slice(8, length));
            } catch (InfrastructureException refused) {
                assertThat(refused).hasMessageContaining("length unpacked by " + packing);
            }
            assertThat(out.getLong(0)).isZero();
            assertThat(out.getLong(length + 8)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LZ4", "ZSTD"})
    void anotherLengthIsRefused(Packing packing) {
        ByteBuffer packed = packed(packing, body(1000, false));
        for (int length : new int[] {0, 999, 1001, 100_000}) {
            assertThatThrownBy(() -> packing.unpack(packed.duplicate(), ByteBuffer.allocateDirect(length)))
                    .isInstanceOf(InfrastructureException.class);
        }
    }

    @Test
    void nothingIsPackedByNone() {
        assertThat(packed(Packing.NONE, body(1000, false))).isNull();
        assertThatThrownBy(() -> Packing.of(3)).isInstanceOf(InfrastructureException.class);
    }
}
