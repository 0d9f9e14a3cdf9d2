package io.ghee.io.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

class PayloadTest {
    record Point(double x, double y) {}

    record Click(String user, long page, Integer score, List<String> tags, Point at) {}

    private static KafkaRecord<byte[]> record(byte[] value) {
        return new KafkaRecord<>("t", 0, 0, 0, null, List.of(), value);
    }

    private static Click json(String text) throws Exception {
        return KafkaReading.shipped(Payload.json(Click.class)).decode(record(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void jsonIsReadByComponentName() throws Exception {
        assertThat(json("{\"page\":5,\"user\":\"ü\",\"tags\":[\"a\"],\"at\":{\"x\":1,\"y\":2.5},\"unknown\":{}}"))
                .isEqualTo(new Click("ü", 5, null, List.of("a"), new Point(1, 2.5)));
    }

    @Test
    void jsonThatDoesNotFitIsMalformedAndNamesTheComponent() {
        assertThatThrownBy(() -> json("{\"page\":\"five\"}"))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("Click.page: ")
                .hasMessageContaining("`long`")
                .hasMessageContaining("five");
        assertThatThrownBy(() -> json("{\"user\":\"a\"}"))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("page")
                .hasMessageContaining("null");
        assertThatThrownBy(() -> json("{\"page\":1.5}"))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("Click.page: ")
                .hasMessageContaining("1.5");
        assertThatThrownBy(() -> json("{\"page\":1,\"at\":{\"x\":\"1\",\"y\":1}}"))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("Click.at.x: ");
        assertThatThrownBy(() -> json("{\"page\":1} x")).isInstanceOf(BadRecordException.class);
        assertThatThrownBy(() -> json("{\"page\":")).isInstanceOf(BadRecordException.class);
        assertThatThrownBy(() -> json("")).isInstanceOf(BadRecordException.class);
        assertThatThrownBy(() -> json("null"))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("Click");
    }

    @Test
    void jsonIsWrittenAsItIsRead() throws Exception {
        Payload<Click> payload = Payload.json(Click.class);
        Click click = new Click("a", 1, 2, List.of("b"), new Point(0, 0.1));
        assertThat(payload.decode(record(payload.encode(click)))).isEqualTo(click);
        assertThat(new String(payload.encode(click), StandardCharsets.UTF_8))
                .isEqualTo("{\"user\":\"a\",\"page\":1,\"score\":2,\"tags\":[\"b\"],\"at\":{\"x\":0.0,\"y\":0.1}}");
    }

    @Test
    void jsonCanBeReadAsItLies() throws Exception {
        assertThat(Payload.json(JsonNode.class)
                        .decode(record("[1,{}]".getBytes()))
                        .size())
                .isEqualTo(2);
    }

    @Test
    void textIsUtf8() throws Exception {
        assertThat(Payload.strings().decode(record("grüße".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("grüße");
        assertThat(Payload.strings().decode(record("\uFFFD".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("\uFFFD");
        assertThatThrownBy(() -> Payload.strings().decode(record(new byte[] {'a', (byte) 0xff})))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Payload.strings().decode(record(null)))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining("skippingTombstones()");
    }

    private static final Schema POINT = SchemaBuilder.record("Point")
            .fields()
            .requiredDouble("x")
            .requiredDouble("y")
            .endRecord();
    private static final Schema CLICK = SchemaBuilder.record("Click")
            .fields()
            .requiredString("user")
            .requiredInt("page")
            .optionalInt("score")
            .name("tags")
            .type()
            .array()
            .items()
            .stringType()
            .noDefault()
            .requiredString("unknown")
            .name("at")
            .type(POINT)
            .noDefault()
            .endRecord();

    private static byte[] avro(Schema schema, GenericRecord record) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return bytes.toByteArray();
    }

    private static GenericRecord click(Integer score) {
        GenericRecord at = new GenericData.Record(POINT);
        at.put("x", 1.0);
        at.put("y", 2.0);
        GenericRecord click = new GenericData.Record(CLICK);
        click.put("user", "ü");
        click.put("page", 5);
        click.put("score", score);
        click.put("tags", List.of("a", "b"));
        click.put("unknown", "x");
        click.put("at", at);
        return click;
    }

    @Test
    void avroOfOthersIsReadByComponentName() throws Exception {
        Payload<Click> payload = KafkaReading.shipped(Payload.avro(CLICK.toString(), Click.class));
        assertThat(payload.decode(record(avro(CLICK, click(7)))))
                .isEqualTo(new Click("ü", 5, 7, List.of("a", "b"), new Point(1, 2)));
        assertThat(payload.decode(record(avro(CLICK, click(null)))).score()).isNull();
        assertThat(Payload.avro(CLICK.toString(), Map.class)
                        .decode(record(avro(CLICK, click(7))))
                        .get("unknown"))
                .isEqualTo("x");
    }

    @Test
    void avroIsWrittenForOthers() throws Exception {
        byte[] bytes = Payload.avro(POINT.toString(), Point.class).encode(new Point(3, 4));
        GenericRecord read = new GenericDatumReader<GenericRecord>(POINT)
                .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
        assertThat(read.get("x")).isEqualTo(3.0);
        assertThat(read.get("y")).isEqualTo(4.0);
        assertThat(bytes).isEqualTo(avro(POINT, read));
    }

    @Test
    void avroThatIsCutOffIsMalformed() throws Exception {
        byte[] whole = avro(CLICK, click(7));
        Payload<Click> payload = Payload.avro(CLICK.toString(), Click.class);
        for (int length = 0; length < whole.length; length++) {
            byte[] torn = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> payload.decode(record(torn)))
                    .as(length + " of " + whole.length + " bytes")
                    .isInstanceOf(BadRecordException.class);
        }
        assertThatThrownBy(() -> payload.decode(record(Arrays.copyOf(whole, whole.length + 1))))
                .isInstanceOf(BadRecordException.class);
    }

    @Test
    void aSchemaThatIsNoneIsRefusedWhereItIsGiven() {
        assertThatThrownBy(() -> Payload.avro("{\"type\":\"recrd\"}", Click.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("avro schema: ")
                .hasMessageContaining("(expected: a schema as JSON)");
    }
}
