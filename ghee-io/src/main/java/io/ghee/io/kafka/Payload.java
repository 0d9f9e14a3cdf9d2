package io.ghee.io.kafka;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.avro.AvroMapper;
import com.fasterxml.jackson.dataformat.avro.AvroSchema;
import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.jspecify.annotations.Nullable;

/**
 * How values lie in Kafka: both a {@link Decoder} and an {@link Encoder}. A record without a value is malformed, unless it is
 * {@linkplain Decoder#skippingTombstones left out}.
 *
 * @param <T> the values
 */
public abstract sealed class Payload<T> implements Decoder<T>, Encoder<T> {
    private Payload() {}

    /** Text, in UTF-8. Other bytes are malformed. */
    public static Payload<String> strings() {
        return new Strings();
    }

    /** The bytes as they are. Not copied. */
    public static Payload<byte[]> bytes() {
        return new Bytes();
    }

    /**
     * JSON objects, read by Jackson into the components of a {@code record} by their names; names that no component has are
     * left out, absent objects are null. Malformed is what is absent where a component is primitive, a number with a fraction
     * where it is whole, a text where it is a number, and anything behind the object.
     */
    public static <T> Payload<T> json(Class<T> type) {
        return new Json<>(type);
    }

    /**
     * Avro's binary encoding, each value alone: without the container of a file, and without the header of a schema registry.
     * Fields are matched to the components of a {@code record} by their names.
     *
     * @param schema the schema that all values of the topic are written with, as JSON
     * @throws ConfigurationException if it is no schema
     */
    public static <T> Payload<T> avro(String schema, Class<T> type) {
        return new Avro<>(schema, type);
    }

    @Override
    public final T decode(KafkaRecord<byte[]> record) throws IOException {
        byte[] value = record.value();
        if (value == null) {
            throw new BadRecordException("no value (expected: one; skippingTombstones() leaves such records out)");
        }
        return read(value);
    }

    abstract T read(byte[] value) throws IOException;

    @Override
    public abstract byte[] encode(T value) throws IOException;

    private static final class Strings extends Payload<String> {
        /** What the JDK puts in the place of malformed bytes; it can be in a text, too. */
        private static final char REPLACEMENT = '\uFFFD';

        @Override
        String read(byte[] value) {
            String text = new String(value, StandardCharsets.UTF_8);
            if (text.indexOf(REPLACEMENT) >= 0) {
                check(value);
            }
            return text;
        }

        private static void check(byte[] value) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
            } catch (CharacterCodingException e) {
                throw new BadRecordException("a value that is not UTF-8 (expected: text; use bytes() for others)", e);
            }
        }

        @Override
        public byte[] encode(String value) {
            return value.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static final class Bytes extends Payload<byte[]> {
        @Override
        byte[] read(byte[] value) {
            return value;
        }

        @Override
        public byte[] encode(byte[] value) {
            return value;
        }
    }

    /** Values that Jackson reads and writes. */
    private abstract static sealed class Mapped<T> extends Payload<T> {
        final Class<T> type;
        private transient @Nullable ObjectReader reader;
        private transient @Nullable ObjectWriter writer;

        Mapped(Class<T> type) {
            this.type = type;
        }

        abstract ObjectReader reader();

        abstract ObjectWriter writer();

        @Override
        final T read(byte[] value) throws IOException {
            ObjectReader ready = reader;
            if (ready == null) {
                ready = reader();
                reader = ready;
            }
            try {
                T made = ready.readValue(value);
                if (made == null) {
                    throw new BadRecordException("null (expected: a " + type.getSimpleName() + ")");
                }
                return made;
            } catch (JsonProcessingException e) {
                throw new BadRecordException(describe(e), e);
            }
        }

        /** Which component it is about, if that is known, and what is wrong with it. */
        private String describe(JsonProcessingException e) {
            String path = e instanceof JsonMappingException mapping
                    ? mapping.getPath().stream()
                            .map(at -> at.getFieldName() == null ? "[" + at.getIndex() + "]" : at.getFieldName())
                            .collect(Collectors.joining("."))
                    : "";
            return type.getSimpleName() + (path.isEmpty() ? "" : "." + path) + ": " + e.getOriginalMessage();
        }

        @Override
        public final byte[] encode(T value) throws IOException {
            ObjectWriter ready = writer;
            if (ready == null) {
                ready = writer();
                writer = ready;
            }
            return ready.writeValueAsBytes(value);
        }
    }

    private static final class Json<T> extends Mapped<T> {
        private static final ObjectMapper MAPPER = JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();

        Json(Class<T> type) {
            super(type);
        }

        @Override
        ObjectReader reader() {
            return MAPPER.readerFor(type);
        }

        @Override
        ObjectWriter writer() {
            return MAPPER.writerFor(type);
        }
    }

    private static final class Avro<T> extends Mapped<T> {
        private static final ObjectMapper MAPPER = AvroMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();

        private final String schema;

        Avro(String schema, Class<T> type) {
            super(type);
            this.schema = schema;
            parsed();
        }

        private AvroSchema parsed() {
            try {
                return new AvroSchema(new Schema.Parser().parse(schema));
            } catch (SchemaParseException e) {
                throw new ConfigurationException("avro schema: " + e.getMessage() + " (expected: a schema as JSON)", e);
            }
        }

        @Override
        ObjectReader reader() {
            return MAPPER.readerFor(type).with(parsed());
        }

        @Override
        ObjectWriter writer() {
            return MAPPER.writerFor(type).with(parsed());
        }
    }
}
