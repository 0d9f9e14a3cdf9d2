package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SealTest {
    private static final byte[] KEY = new byte[32];
    private static final Route ROUTE = new Route(1, 2, 3, 4, 5);
    private static final ByteBuffer HEADER = ByteBuffer.wrap("a header".getBytes());

    private static Seal seal(Seal.Kind kind, Route route) {
        return new Seal(KEY, kind, route);
    }

    private static ByteBuffer sealed(Seal seal, long number, byte[] plain) {
        ByteBuffer out = ByteBuffer.allocateDirect(plain.length + Seal.TAG_BYTES);
        seal.seal(number, HEADER.duplicate(), ByteBuffer.wrap(plain), out);
        assertThat(out.hasRemaining()).isFalse();
        return out.flip();
    }

    private static byte[] opened(Seal seal, long number, ByteBuffer sealed) {
        ByteBuffer out = ByteBuffer.allocateDirect(sealed.remaining() - Seal.TAG_BYTES);
        if (!seal.open(number, HEADER.duplicate(), sealed.duplicate(), out)) {
            return null;
        }
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    @Test
    void whatWasSealedOpens() {
        Seal seal = seal(Seal.Kind.FRAME, ROUTE);
        for (int length : new int[] {0, 1, 15, 16, 17, 100_000}) {
            byte[] plain = new byte[length];
            ByteBuffer sealed = sealed(seal, length, plain);
            assertThat(opened(seal(Seal.Kind.FRAME, ROUTE), length, sealed)).isEqualTo(plain);
        }
    }

    @Test
    void underAnotherRouteKindNumberOrKeyItDoesNotOpen() {
        ByteBuffer sealed = sealed(seal(Seal.Kind.FRAME, ROUTE), 7, new byte[100]);
        List<Seal> others = new ArrayList<>(List.of(
                seal(Seal.Kind.PROBE, ROUTE),
                seal(Seal.Kind.RECEIPT, ROUTE),
                seal(Seal.Kind.FRAME, new Route(0, 2, 3, 4, 5)),
                seal(Seal.Kind.FRAME, new Route(1, 0, 3, 4, 5)),
                seal(Seal.Kind.FRAME, new Route(1, 2, 0, 4, 5)),
                seal(Seal.Kind.FRAME, new Route(1, 2, 3, 0, 5)),
                seal(Seal.Kind.FRAME, new Route(1, 2, 3, 4, 0))));
        byte[] key = new byte[32];
        key[0] = 1;
        others.add(new Seal(key, Seal.Kind.FRAME, ROUTE));
        for (Seal other : others) {
            assertThat(opened(other, 7, sealed)).isNull();
        }
        assertThat(opened(seal(Seal.Kind.FRAME, ROUTE), 8, sealed)).isNull();
        assertThat(opened(seal(Seal.Kind.FRAME, ROUTE), 7, sealed)).isNotNull();
    }

    @Test
    void whatIsSealedIsNotLegible() {
        byte[] plain = "the same words, the same words".getBytes();
        byte[] one = new byte[plain.length];
        sealed(seal(Seal.Kind.FRAME, ROUTE), 1, plain).get(one);
        byte[] two = new byte[plain.length];
        sealed(seal(Seal.Kind.FRAME, ROUTE), 2, plain).get(two);

        assertThat(one).isNotEqualTo(plain).isNotEqualTo(two);
    }
}
