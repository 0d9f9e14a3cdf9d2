package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class ReceiptTest {
    private static final Route ROUTE = new Route(-7, 3, 4, 2, 9);
    private static final byte[] KEY = new byte[32];

    private static Receipt receipt(int... beyond) {
        BitSet bits = new BitSet();
        Arrays.stream(beyond).forEach(bits::set);
        return new Receipt(ROUTE, 5, 1L << 40, 1L << 39, bits, 77, true);
    }

    private static Seal seal() {
        return new Seal(KEY, Seal.Kind.RECEIPT, ROUTE);
    }

    @Test
    void aReceiptComesBack() {
        for (Receipt receipt : new Receipt[] {receipt(), receipt(1), receipt(3, 64, 1000)}) {
            ByteBuffer plain = receipt.write(null);
            assertThat(Receipt.foreign(plain)).isNull();
            assertThat(Receipt.route(plain)).isEqualTo(ROUTE);
            assertThat(Receipt.read(plain, null)).isEqualTo(receipt);

            ByteBuffer sealed = receipt.write(seal());
            assertThat(Receipt.foreign(sealed)).isNull();
            assertThat(Receipt.read(sealed, seal())).isEqualTo(receipt);
            assertThat(sealed.limit()).isEqualTo(plain.limit() + Seal.TAG_BYTES);
        }
    }

    @Test
    void ofVeryManyOutOfOrderItTellsTheFirst() {
        BitSet bits = new BitSet();
        bits.set(1, 1_000_000);
        Receipt receipt = new Receipt(ROUTE, 1, 2_000_000, 0, bits, 0, false);

        ByteBuffer message = receipt.write(seal());

        assertThat(message.limit()).isEqualTo(Receipt.LONGEST);
        Receipt read = Receipt.read(message, seal());
        assertThat(read).isNotNull();
        assertThat(read.beyond().cardinality()).isEqualTo((8 << 16) - 1);
    }

    @Test
    void aSealThatDoesNotFitIsSeen() {
        ByteBuffer sealed = receipt(2).write(seal());
        for (int at = 0; at < sealed.limit(); at++) {
            ByteBuffer damaged = ByteBuffer.wrap(sealed.array().clone());
            damaged.put(at, (byte) (damaged.get(at) ^ 1));
            assertThat(Receipt.foreign(damaged) != null || Receipt.read(damaged, seal()) == null)
                    .as("byte %s", at)
                    .isTrue();
        }
        assertThat(Receipt.read(sealed, new Seal(KEY, Seal.Kind.PROBE, ROUTE))).isNull();
        assertThat(Receipt.read(sealed, null)).isNull();
        assertThat(Receipt.read(receipt(2).write(null), seal())).isNull();
    }

    @Test
    void everyLengthButTheRightOnesIsForeign() {
        byte[] whole = receipt(100).write(null).array();
        for (int length = 0; length < whole.length; length++) {
            String foreign = Receipt.foreign(ByteBuffer.wrap(Arrays.copyOf(whole, length)));
            assertThat(foreign == null).as("%s bytes", length).isEqualTo(length == 64 || length == 72);
        }
    }
}
