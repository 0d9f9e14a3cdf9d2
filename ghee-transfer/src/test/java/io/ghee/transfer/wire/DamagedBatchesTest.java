package io.ghee.transfer.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What arrives may be damaged or hostile: it is read, or refused as an infrastructure failure, and takes no more memory. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DamagedBatchesTest {
    private static final int[] TELLING = {
        0, 1, 2, -1, -2, 7, 8, 255, 4096, 1 << 24, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE - 7
    };

    record Row(int id, String name, float[] values, String[] tags) {}

    record Loose(String name, List<String> words, int[] numbers, Map<String, Integer> counts) {}

    private static final List<Row> ROWS = List.of(
            new Row(1, "one", new float[] {1, 2}, new String[] {"a"}), new Row(2, "", new float[0], new String[0]));

    private static final List<Object> OBJECTS = Arrays.asList(
            new Loose("first", List.of("a", "bc"), new int[] {1, 2, 3}, new HashMap<>(Map.of("k", 1))),
            new Loose(null, new ArrayList<>(List.of("x")), new int[0], new HashMap<>()),
            "text",
            17,
            null,
            new long[] {1, 2},
            new Object[] {"y", 2.5});

    private final BatchCodec sender = new BatchCodec(1 << 20);
    private final BatchCodec receiver = new BatchCodec(1 << 20);

    private byte[] encode(List<?> records) {
        long[] ids = {7, 8, 1, 2, 3, 4, 5, 6};
        BatchCodec.Measured measured = sender.measure(Batch.of(records), Origins.of(ids, null));
        ByteBuffer body = ByteBuffer.allocate(measured.bytes());
        measured.writeTo(body);
        return body.array();
    }

    /** True if the batch was read. Whatever it throws but one fails the test. */
    private boolean isRead(byte[] bytes) {
        ByteBuffer body =
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip().order(ByteOrder.LITTLE_ENDIAN);
        try {
            BatchCodec.Written written = receiver.read(1, body).get(0);
            written.origins();
            Batch<?> batch = written.batch();
            assertThat(batch.records()).hasSize(batch.size());
            return true;
        } catch (InfrastructureException e) {
            return false;
        }
    }

    private static BatchHeader header(byte[] whole) {
        return BatchHeader.read(ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN), 1 << 20);
    }

    @Test
    void everyTruncationIsRefused() {
        for (List<?> records : List.of(ROWS, OBJECTS)) {
            byte[] whole = encode(records);
            assertThat(isRead(whole)).isTrue();
            int payloadAt = header(whole).payloadAt();
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThat(isRead(cut)).as("%s bytes", length).isFalse();
                if (length >= payloadAt) {
                    // As if the sender had written no more.
                    byte[] padded = Arrays.copyOf(cut, length + 7 & ~7);
                    ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN).putInt(16, length - payloadAt);
                    assertThat(isRead(padded))
                            .as("%s bytes, said so", length)
                            .isEqualTo(length - payloadAt == header(whole).payloadBytes());
                }
            }
        }
    }

    @Test
    void mutatedBatchesOfColumnsAreReadOrRefused() {
        mutate(encode(ROWS), 10_000, 1);
    }

    @Test
    void mutatedBatchesOfObjectsAreReadOrRefused() {
        mutate(encode(OBJECTS), 20_000, 2);
    }

    private void mutate(byte[] whole, int times, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int k = 0; k < times; k++) {
            byte[] damaged = whole.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                // Half of them behind the header, which is well guarded.
                int from = random.nextBoolean() ? 0 : BatchCodec.HEADER_BYTES;
                int at = from + random.nextInt(damaged.length - from);
                if (random.nextBoolean() || at > damaged.length - 4) {
                    damaged[at] = (byte) random.nextInt();
                } else {
                    ByteBuffer.wrap(damaged)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(at, TELLING[random.nextInt(TELLING.length)]);
                }
            }
            refused += isRead(damaged) ? 0 : 1;
        }
        assertThat(refused).isBetween(times / 10, times);
    }

    @Test
    void aHostileLengthIsRefusedBeforeAnythingIsAllocatedForIt() {
        List<Object> values = List.of(
                new int[40],
                new long[40],
                new byte[40],
                new double[40],
                new String[40],
                new ArrayList<>(Collections.nCopies(40, null)),
                new ArrayList<>(Collections.nCopies(40, "x")));
        for (Object value : values) {
            byte[] whole = encode(List.of(value));
            int refused = 0;
            for (int at = header(whole).payloadAt(); at < whole.length; at++) {
                // A length in five bytes, wherever there may be one: as it is, and with the flag that some lengths
                // bear.
                for (int first : new int[] {0xFF, 0xBF}) {
                    byte[] longer = Arrays.copyOf(whole, whole.length + 8);
                    System.arraycopy(whole, at, longer, at + 4, whole.length - at);
                    longer[at] = (byte) first;
                    longer[at + 1] = longer[at + 2] = longer[at + 3] = (byte) 0xFF;
                    longer[at + 4] = 0x07;
                    ByteBuffer.wrap(longer)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(16, header(whole).payloadBytes() + 4);
                    refused += isRead(longer) ? 0 : 1;
                }
            }
            assertThat(refused).as("%s", value.getClass()).isPositive();
        }
    }

    @Test
    void aHostileLengthIsNamed() {
        byte[] damaged = encode(List.of(new int[40]));
        int length = header(damaged).payloadAt() + header(damaged).payloadBytes() - 41;
        assertThat(damaged[length]).isEqualTo((byte) 41);
        ByteBuffer.wrap(damaged).putInt(length, -1);

        assertThatThrownBy(
                        () -> receiver.read(1, ByteBuffer.wrap(damaged)).get(0).batch())
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("length: ");
    }
}
