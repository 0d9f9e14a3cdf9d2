package io.ghee.io.file;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.jspecify.annotations.Nullable;

/** Writes records in the schema that {@link ParquetSchemas} makes of their class. */
final class ParquetWrites<T> extends WriteSupport<T> {
    private final RecordShape<T> shape;
    private final Write write;
    private @Nullable RecordConsumer consumer;

    ParquetWrites(RecordShape<T> shape) {
        this.shape = shape;
        this.write = fields(shape, "");
    }

    /** Writes one value. */
    @FunctionalInterface
    private interface Write {
        void to(RecordConsumer out, Object value);
    }

    @SuppressWarnings("deprecation") // Its successor calls it, and it is abstract.
    @Override
    public WriteContext init(Configuration settings) {
        return new WriteContext(ParquetSchemas.of(shape), Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer to) {
        consumer = to;
    }

    @Override
    public void write(T record) {
        if (consumer == null) {
            throw new IllegalStateException("nothing to write to");
        }
        consumer.startMessage();
        write.to(consumer, record);
        consumer.endMessage();
    }

    private static Write fields(RecordShape<?> shape, String prefix) {
        RecordShape.Component[] components = shape.components().toArray(RecordShape.Component[]::new);
        Write[] writes = new Write[components.length];
        for (int k = 0; k < writes.length; k++) {
            writes[k] = value(components[k].type(), prefix + components[k].name());
        }
        return (out, record) -> {
            for (int k = 0; k < writes.length; k++) {
                Object value = components[k].of(record);
                if (value != null) {
                    out.startField(components[k].name(), k);
                    writes[k].to(out, value);
                    out.endField(components[k].name(), k);
                }
            }
        };
    }

    private static Write value(ValueType type, String column) {
        return switch (type.kind()) {
            case BOOLEAN -> (out, value) -> out.addBoolean((boolean) value);
            case BYTE, SHORT, INT -> (out, value) -> out.addInteger(((Number) value).intValue());
            case LONG -> (out, value) -> out.addLong((long) value);
            case FLOAT -> (out, value) -> out.addFloat((float) value);
            case DOUBLE -> (out, value) -> out.addDouble((double) value);
            case STRING -> (out, value) -> out.addBinary(Binary.fromString((String) value));
            case BYTES -> (out, value) -> out.addBinary(Binary.fromReusedByteArray((byte[]) value));
            case ENUM -> (out, value) -> out.addBinary(Binary.fromString(((Enum<?>) value).name()));
            case DATE -> (out, value) -> out.addInteger(Instants.day((LocalDate) value, column));
            case INSTANT -> (out, value) -> out.addLong(Instants.micros((Instant) value, column));
            case DECIMAL -> (out, value) -> out.addBinary(decimal((BigDecimal) value, column));
            case RECORD -> record(RecordShape.of(type.raw()), column);
            case LIST -> list(type.elements(), column);
        };
    }

    private static Binary decimal(BigDecimal value, String column) {
        byte[] minimal = Decimals.scaled(value, column).unscaledValue().toByteArray();
        return Binary.fromConstantByteArray(Decimals.widened(minimal, ParquetSchemas.DECIMAL_BYTES));
    }

    private static Write record(RecordShape<?> shape, String column) {
        Write fields = fields(shape, column + ".");
        return (out, record) -> {
            out.startGroup();
            fields.to(out, record);
            out.endGroup();
        };
    }

    private static Write list(ValueType element, String column) {
        Write write = value(element, column + "[]");
        return (out, value) -> {
            int size = value instanceof List<?> list ? list.size() : Array.getLength(value);
            out.startGroup();
            if (size > 0) {
                out.startField("list", 0);
                for (int k = 0; k < size; k++) {
                    Object each = value instanceof List<?> list ? list.get(k) : Array.get(value, k);
                    out.startGroup();
                    if (each != null) {
                        out.startField("element", 0);
                        write.to(out, each);
                        out.endField("element", 0);
                    }
                    out.endGroup();
                }
                out.endField("list", 0);
            }
            out.endGroup();
        };
    }
}
