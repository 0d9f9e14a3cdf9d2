package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.transfer.wire.OriginsCodec.Form;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OriginsCodecTest {
    private static ByteBuffer write(Origins origins) {
        Form form = OriginsCodec.form(origins);
        ByteBuffer out =
                ByteBuffer.allocate((int) OriginsCodec.bytes(origins, form)).order(ByteOrder.LITTLE_ENDIAN);
        OriginsCodec.write(origins, form, out);
        assertThat(out.hasRemaining()).isFalse();
        return out.flip();
    }

    private static void assertCrosses(Origins origins, Form form, int bytes) {
        assertThat(OriginsCodec.form(origins)).isEqualTo(form);
        ByteBuffer written = write(origins);
        assertThat(written.remaining()).isEqualTo(bytes);
        Origins read = OriginsCodec.read(form, origins.rows(), written);
        assertThat(read.ids()).isEqualTo(origins.ids());
        assertThat(read.paths()).isEqualTo(origins.paths());
    }

    @Test
    void noOriginsTakeNoBytes() {
        assertCrosses(Origins.NONE, Form.NONE, 0);
    }

    @Test
    void recordsInARowTakeTwelveBytes() {
        assertCrosses(Origins.of(LongStream.range(1000, 5000).toArray(), null), Form.RUNS, 12);
    }

    @Test
    void runsOfTwoSplitsTakeTwiceThat() {
        long[] ids = LongStream.concat(
                        LongStream.range(Origins.id(4, 10), Origins.id(4, 20)),
                        LongStream.range(Origins.id(2, 0), Origins.id(2, 5)))
                .toArray();
        assertCrosses(Origins.of(ids, null), Form.RUNS, 24);
    }

    @Test
    void mixedRecordsTakeEightBytesEach() {
        assertCrosses(Origins.of(new long[] {9, 7, 5, 3}, null), Form.PLAIN, 32);
        assertCrosses(Origins.of(new long[] {9}, null), Form.PLAIN, 8);
        assertCrosses(Origins.of(new long[] {9, 10}, null), Form.RUNS, 12);
    }

    @Test
    void pathsTakeEightBytesMore() {
        assertCrosses(Origins.of(new long[] {9, 7}, new long[] {-1, 0}), Form.PLAIN_WITH_PATHS, 32);
        assertCrosses(Origins.of(new long[] {1, 2, 3}, new long[] {1, 1, 2}), Form.RUNS_WITH_PATHS, 36);
    }

    @Test
    void aPathOfAllRowsTakesEightBytesMore() {
        assertCrosses(Origins.of(new long[] {9, 7}, new long[] {-1, -1}), Form.PLAIN_WITH_PATH, 24);
        assertCrosses(Origins.of(new long[] {1, 2, 3}, new long[3]), Form.RUNS_WITH_PATH, 20);
        assertCrosses(Origins.of(new long[] {1}, new long[] {5}), Form.PLAIN_WITH_PATH, 16);
    }

    @Test
    void extremeNumbersCross() {
        long[] ids = {Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 0, 1, 2, 3, 4, 5};
        assertCrosses(Origins.of(ids, null), Form.RUNS, 24);
    }

    @Test
    void whateverTheNumbersAreTheyComeBack() {
        SplittableRandom random = new SplittableRandom(1);
        for (int k = 0; k < 2000; k++) {
            long[] ids = new long[1 + random.nextInt(50)];
            long id = random.nextLong();
            for (int row = 0; row < ids.length; row++) {
                id = random.nextInt(4) == 0 ? random.nextLong() : id + 1;
                ids[row] = id;
            }
            Origins origins = Origins.of(ids, paths(random, ids));
            Form form = OriginsCodec.form(origins);
            assertCrosses(origins, form, (int) OriginsCodec.bytes(origins, form));
        }
    }

    private static long @Nullable [] paths(SplittableRandom random, long[] ids) {
        return switch (random.nextInt(3)) {
            case 0 -> null;
            case 1 -> ids.clone();
            default -> {
                long[] same = new long[ids.length];
                Arrays.fill(same, random.nextLong());
                yield same;
            }
        };
    }

    @Test
    void whatDoesNotFitIsRefused() {
        ByteBuffer runs = write(Origins.of(new long[] {1, 2, 3, 7, 8, 9}, null));
        for (int rows : new int[] {0, 5, 7, Integer.MAX_VALUE}) {
            assertRefused(Form.RUNS, rows, runs);
            assertRefused(Form.PLAIN, rows, runs);
            assertRefused(Form.RUNS_WITH_PATHS, rows, runs);
            assertRefused(Form.RUNS_WITH_PATH, rows, runs);
            assertRefused(Form.PLAIN_WITH_PATH, rows, runs);
        }
        assertRefused(Form.NONE, 0, runs);
        assertRefused(Form.PLAIN, 6, runs);
        // Runs of no length, of a length below none, and of lengths that come to the sum only modulo 2^32.
        assertRefused(
                Form.RUNS, 6, runs.duplicate().order(ByteOrder.LITTLE_ENDIAN).putInt(8, 0));
        assertRefused(
                Form.RUNS, 6, runs.duplicate().order(ByteOrder.LITTLE_ENDIAN).putInt(8, -3));
        assertRefused(
                Form.RUNS, 6, runs.duplicate().order(ByteOrder.LITTLE_ENDIAN).putInt(8, Integer.MAX_VALUE));
    }

    private static void assertRefused(Form form, int rows, ByteBuffer in) {
        assertThatThrownBy(() -> OriginsCodec.read(form, rows, in.duplicate().order(ByteOrder.LITTLE_ENDIAN)))
                .isInstanceOf(InfrastructureException.class);
    }
}
