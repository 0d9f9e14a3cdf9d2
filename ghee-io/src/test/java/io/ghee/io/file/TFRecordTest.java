package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.shipped;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.InfrastructureException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TFRecordTest {
    @TempDir
    Path dir;

    private String out() {
        return dir.resolve("out").toString();
    }

    private static List<byte[]> payloads() {
        Random random = new Random(5);
        List<byte[]> payloads = new ArrayList<>(List.of(new byte[0], new byte[1_000_000]));
        for (int k = 0; k < 300; k++) {
            byte[] payload = new byte[random.nextInt(300)];
            random.nextBytes(payload);
            payloads.add(payload);
        }
        return payloads;
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void payloadsComeBack(Compression compression) throws Exception {
        List<byte[]> payloads = payloads();
        Writing.to(TFRecords.to(out()).compression(compression), payloads, payloads.subList(0, 2));

        List<byte[]> read = all(shipped(TFRecords.read(out())), 2);
        payloads.addAll(payloads.subList(0, 2));
        assertThat(read).hasSize(payloads.size());
        for (int k = 0; k < read.size(); k++) {
            assertThat(read.get(k)).isEqualTo(payloads.get(k));
        }
    }

    @Test
    void frameIsTensorFlows() {
        // The start of every file of TensorBoard's events.
        assertThat(TFRecordFrame.header(24)).containsExactly(0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22);
        // The check value of CRC-32C is 0xe3069283; rotated right by 15 bits and added to 0xa282ead8 that is:
        int masked = ByteBuffer.wrap(TFRecordFrame.footer("123456789".getBytes(UTF_8)))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        assertThat(masked).isEqualTo((int) (((0xe3069283L >>> 15 | 0xe3069283L << 17) & 0xFFFF_FFFFL) + 0xa282ead8L));
    }

    @Test
    void recordThatCannotBeDecodedIsBadAndTheNextOneIsRead() throws Exception {
        Writing.to(TFRecords.to(out(), (String text) -> text.getBytes(UTF_8)), List.of("1", "two", "3"));
        Path file = Writing.files(dir.resolve("out")).get(0);
        TFRecordSource<Integer> source = TFRecords.read(out(), bytes -> {
            try {
                return Integer.parseInt(new String(bytes, UTF_8));
            } catch (NumberFormatException e) {
                throw new BadRecordException("no number", e);
            }
        });

        try (SplitReader<Integer> reader = Reading.only(source)) {
            assertThat(reader.next()).isEqualTo(1);
            assertThatThrownBy(reader::next).isInstanceOf(BadRecordException.class);
            assertThat(reader.position()).isEqualTo(file + ", record 2 at byte 17");
            assertThat(reader.next()).isEqualTo(3);
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void failureToEncodeIsNotTakenForOneOfTheDisk() {
        FileSink<String> sink = TFRecords.to(out(), (String text) -> {
            throw new IOException("no bytes of " + text);
        });

        assertThatThrownBy(() -> Writing.to(sink, List.of("x")))
                .isNotInstanceOf(InfrastructureException.class)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("x cannot be encoded: java.io.IOException: no bytes of x");
        assertThat(Files.exists(dir.resolve("out"))).isFalse();
    }
}
