package io.ghee.io.file;

import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.Encoder;
import org.jspecify.annotations.Nullable;

/** Writes records in the schema that {@link AvroSchemas} makes of their class. */
final class AvroWrites<T> implements DatumWriter<T> {
    private final Write write;

    AvroWrites(RecordShape<T> shape) {
        this.write = record(shape, "");
    }

    /** Writes one value. */
    @FunctionalInterface
    private interface Write {
        void to(Encoder out, Object value) throws IOException;
    }

    @Override
    public void setSchema(Schema schema) {}

    @Override
    public void write(T record, Encoder out) throws IOException {
        write.to(out, record);
    }

    private static Write record(RecordShape<?> shape, String prefix) {
        RecordShape.Component[] components = shape.components().toArray(RecordShape.Component[]::new);
        Write[] writes = new Write[components.length];
        for (int k = 0; k < writes.length; k++) {
            writes[k] = value(components[k].type(), prefix + components[k].name());
        }
        return (out, record) -> {
            for (int k = 0; k < writes.length; k++) {
                put(components[k].type(), writes[k], out, components[k].of(record));
            }
        };
    }

    private static void put(ValueType type, Write write, Encoder out, @Nullable Object value) throws IOException {
        if (type.isNullable()) {
            out.writeIndex(value == null ? 0 : 1);
        }
        if (value == null) {
            out.writeNull();
        } else {
            write.to(out, value);
        }
    }

    private static Write value(ValueType type, String column) {
        return switch (type.kind()) {
            case BOOLEAN -> (out, value) -> out.writeBoolean((boolean) value);
            case BYTE, SHORT, INT -> (out, value) -> out.writeInt(((Number) value).intValue());
            case LONG -> (out, value) -> out.writeLong((long) value);
            case FLOAT -> (out, value) -> out.writeFloat((float) value);
            case DOUBLE -> (out, value) -> out.writeDouble((double) value);
            case STRING -> (out, value) -> out.writeString((String) value);
            case BYTES -> (out, value) -> out.writeBytes((byte[]) value);
            case ENUM -> enumeration(type);
            case DATE -> (out, value) -> out.writeInt(Instants.day((LocalDate) value, column));
            case INSTANT -> (out, value) -> out.writeLong(Instants.micros((Instant) value, column));
            case DECIMAL ->
                (out, value) -> out.writeBytes(Decimals.scaled((BigDecimal) value, column)
                        .unscaledValue()
                        .toByteArray());
            case RECORD -> record(RecordShape.of(type.raw()), column + ".");
            case LIST -> list(type, column);
        };
    }

    private static Write enumeration(ValueType type) {
        Map<Object, Integer> symbols = new HashMap<>();
        for (Object each : type.raw().getEnumConstants()) {
            symbols.put(each, symbols.size());
        }
        return (out, value) -> out.writeEnum(symbols.getOrDefault(value, -1));
    }

    private static Write list(ValueType type, String column) {
        ValueType element = type.elements();
        Write write = value(element, column + "[]");
        return (out, value) -> {
            int size = value instanceof List<?> list ? list.size() : Array.getLength(value);
            out.writeArrayStart();
            out.setItemCount(size);
            for (int k = 0; k < size; k++) {
                out.startItem();
                put(element, write, out, value instanceof List<?> list ? list.get(k) : Array.get(value, k));
            }
            out.writeArrayEnd();
        };
    }
}
