package io.ghee.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What arrives from a wire may be damaged or hostile: it decodes, or it is refused as an infrastructure failure. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DamagedColumnsTest {
    private static final int[] TELLING = {
        0, 1, 2, -1, -2, 7, 8, 255, 4096, 1 << 24, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE - 7
    };

    record Mixed(int id, boolean flag, String name, float[] dense, long[] ragged, String[] tags) {}

    record ArraysOnly(int[] ids, String[] tags) {}

    private static final List<Mixed> MIXED = List.of(
            new Mixed(1, true, "one", new float[] {1, 2}, new long[] {1}, new String[] {"a", "bc"}),
            new Mixed(2, false, "", new float[] {3, 4}, new long[0], new String[0]),
            new Mixed(3, true, "drei", new float[] {5, 6}, new long[] {1, 2, 3}, new String[] {""}));

    private static final List<ArraysOnly> EMPTY_ARRAYS =
            List.of(new ArraysOnly(new int[0], new String[0]), new ArraysOnly(new int[0], new String[0]));

    @Test
    void everyTruncationIsRefused() {
        RecordLayout<Mixed> layout = RecordLayout.of(Mixed.class);
        byte[] whole = bytes(layout.encode(MIXED));

        for (int length = 0; length < whole.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(whole, 0, length);
            assertThatThrownBy(() -> layout.columns(cut)).isInstanceOf(InfrastructureException.class);
        }
    }

    @Test
    void mutationsOfBytesDecodeOrAreRefused() {
        mutate(RecordLayout.of(Mixed.class), MIXED, 20_000, 1);
        mutate(RecordLayout.of(ArraysOnly.class), EMPTY_ARRAYS, 5_000, 2);
        mutate(RecordLayout.of(ArraysOnly.class), List.of(), 5_000, 3);
    }

    private static <T> void mutate(RecordLayout<T> layout, List<T> records, int times, long seed) {
        byte[] whole = bytes(layout.encode(records));
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int k = 0; k < times; k++) {
            byte[] damaged = whole.clone();
            ByteBuffer view = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
            for (int n = random.nextInt(3); n >= 0; n--) {
                if (random.nextBoolean()) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                } else {
                    int word = 4 * random.nextInt(damaged.length / 4);
                    view.putInt(word, TELLING[random.nextInt(TELLING.length)]);
                }
            }
            try {
                assertThat(layout.records(layout.columns(ByteBuffer.wrap(damaged))))
                        .hasSizeLessThanOrEqualTo(damaged.length);
            } catch (InfrastructureException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(times / 10, times);
    }

    @Test
    void aScalarColumnOfAnotherWidthIsRefused() {
        record Scalar(int value) {}
        RecordLayout<Scalar> layout = RecordLayout.of(Scalar.class);
        ByteBuffer encoded =
                layout.encode(List.of(new Scalar(1), new Scalar(2))).order(ByteOrder.LITTLE_ENDIAN);
        encoded.putInt(0, 1);
        encoded.putInt(12, 2);

        assertThatThrownBy(() -> layout.columns(encoded))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("width 1");
    }

    @Test
    void moreRowsThanTheBytesCanHoldAreRefused() {
        RecordLayout<ArraysOnly> layout = RecordLayout.of(ArraysOnly.class);
        ByteBuffer encoded = layout.encode(List.of()).order(ByteOrder.LITTLE_ENDIAN);
        encoded.putInt(0, Integer.MAX_VALUE);

        assertThatThrownBy(() -> layout.columns(encoded)).isInstanceOf(InfrastructureException.class);
    }

    @Test
    void theColumnsOfAnotherRecordAreRefusedByName() {
        ByteBuffer encoded = RecordLayout.of(ArraysOnly.class).encode(EMPTY_ARRAYS);

        assertThatThrownBy(() -> RecordLayout.of(Mixed.class).columns(encoded))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("damaged columns of " + Mixed.class.getName());
        assertThatCode(() -> RecordLayout.of(ArraysOnly.class).columns(encoded)).doesNotThrowAnyException();
    }

    private static byte[] bytes(ByteBuffer encoded) {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);
        return bytes;
    }
}
