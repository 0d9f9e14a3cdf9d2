package io.ghee.io.file;

import io.ghee.BadRecordException;
import io.ghee.InputException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.ResolvingDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Plans how values of a schema fill slots. The plan for a record asks for the fields that its components are named after,
 * and no others; what does not fit is told here, before anything is read.
 */
final class AvroReads {

    private final String path;
    private final Complaint complaint;
    private final boolean resolved;

    /**
     * For one file.
     *
     * @param complaint told of values that do not fit
     * @param resolved true if a {@link ResolvingDecoder} will bring what is asked for; else all of what was written comes,
     *     and is skipped where it is not wanted
     */
    AvroReads(String path, Complaint complaint, boolean resolved) {
        this.path = path;
        this.complaint = complaint;
        this.resolved = resolved;
    }

    /** Reads one value. */
    @FunctionalInterface
    interface Read {
        void into(Decoder in, Slot slot) throws IOException;
    }

    /**
     * A way to read.
     *
     * @param schema of what is to be asked for: a part of what is there
     */
    record Planned(Schema schema, Read read) {}

    /** Fills the slots of a record. */
    interface ReadRecord {
        void into(Decoder in, Slot[] slots) throws IOException;
    }

    record PlannedRecord(Schema schema, ReadRecord read) {}

    /**
     * Plans a record.
     *
     * @param prefix of the columns' names, for messages
     * @throws InputException if the schema lacks a component, or has another type for it
     */
    PlannedRecord record(RecordShape<?> shape, Schema from, String prefix) {
        if (from.getType() != Schema.Type.RECORD) {
            throw new InputException(
                    path + ": its schema is " + name(from) + " (expected: a record with the fields of " + shape + ")");
        }
        List<Schema.Field> fields = new ArrayList<>();
        List<Read> reads = new ArrayList<>();
        for (RecordShape.Component component : shape.components()) {
            Schema.Field field = from.getField(component.name());
            if (field == null) {
                throw new InputException(path + ": no field " + prefix + component.name() + " in its schema "
                        + from.getFields().stream().map(Schema.Field::name).toList()
                        + " (expected: one for each component of " + shape + ")");
            }
            Planned planned = value(component.type(), field.schema(), prefix + component.name());
            fields.add(new Schema.Field(field, planned.schema));
            reads.add(planned.read);
        }
        Schema wanted = Schema.createRecord(from.getName(), null, from.getNamespace(), from.isError(), fields);
        from.getAliases().forEach(wanted::addAlias);
        return new PlannedRecord(wanted, resolved ? asAsked(reads) : asWritten(from, shape.names(), reads));
    }

    private static ReadRecord asAsked(List<Read> reads) {
        Read[] all = reads.toArray(Read[]::new);
        return (in, slots) -> {
            for (Schema.Field field : ((ResolvingDecoder) in).readFieldOrder()) {
                all[field.pos()].into(in, slots[field.pos()]);
            }
        };
    }

    private static ReadRecord asWritten(Schema from, List<String> names, List<Read> reads) {
        int[] component = from.getFields().stream()
                .mapToInt(field -> names.indexOf(field.name()))
                .toArray();
        Schema[] written = from.getFields().stream().map(Schema.Field::schema).toArray(Schema[]::new);
        Read[] all = reads.toArray(Read[]::new);
        return (in, slots) -> {
            for (int k = 0; k < component.length; k++) {
                if (component[k] < 0) {
                    GenericDatumReader.skip(written[k], in);
                } else {
                    all[component[k]].into(in, slots[component[k]]);
                }
            }
        };
    }

    private Planned value(ValueType type, Schema from, String column) {
        return switch (from.getType()) {
            case UNION -> union(type, from, column);
            case NULL -> new Planned(from, (in, slot) -> in.readNull());
            case RECORD ->
                type.kind() == ValueType.Kind.RECORD ? nested(type, from, column) : misfit(type, from, column);
            case ARRAY -> type.kind() == ValueType.Kind.LIST ? list(type, from, column) : misfit(type, from, column);
            default -> {
                Read read = single(type, from, column);
                yield read == null ? misfit(type, from, column) : new Planned(from, read);
            }
        };
    }

    private Planned misfit(ValueType type, Schema from, String column) {
        throw new InputException(
                path + ": column " + column + " is " + name(from) + " (expected: what fits " + type + ")");
    }

    private static String name(Schema schema) {
        if (schema.getType() == Schema.Type.UNION) {
            return "a union of "
                    + schema.getTypes().stream().map(AvroReads::name).toList();
        }
        LogicalType logical = schema.getLogicalType();
        return logical == null ? schema.getName() : logical.getName();
    }

    private Planned union(ValueType type, Schema from, String column) {
        List<Schema> schemas = new ArrayList<>();
        List<Read> reads = new ArrayList<>();
        for (Schema branch : from.getTypes()) {
            Planned planned;
            try {
                planned = value(type, branch, column);
            } catch (InputException e) {
                throw new InputException(e.reason() + ", in " + name(from), e);
            }
            schemas.add(planned.schema);
            reads.add(planned.read);
        }
        Read[] all = reads.toArray(Read[]::new);
        return new Planned(Schema.createUnion(schemas), (in, slot) -> all[in.readIndex()].into(in, slot));
    }

    private Planned nested(ValueType type, Schema from, String column) {
        RecordShape<?> shape = RecordShape.of(type.raw());
        String prefix = column + ".";
        PlannedRecord planned = record(shape, from, prefix);
        Slot[] slots = shape.slots();
        return new Planned(planned.schema, (in, slot) -> {
            for (Slot each : slots) {
                each.clear();
            }
            planned.read.into(in, slots);
            try {
                slot.fill(shape.build(slots, prefix));
            } catch (BadRecordException e) {
                complaint.add(e);
            }
        });
    }

    private Planned list(ValueType type, Schema from, String column) {
        Planned element = value(type.elements(), from.getElementType(), column + "[]");
        return new Planned(Schema.createArray(element.schema), (in, slot) -> {
            Elements elements = new Elements(type, column, slot, complaint);
            elements.begin();
            for (long block = in.readArrayStart(); block > 0; block = in.arrayNext()) {
                for (long k = 0; k < block; k++) {
                    element.read.into(in, elements.slot());
                    elements.add();
                }
            }
            elements.end();
        });
    }

    /** How a value that is neither record nor array is read, or null if it does not fit. */
    private @Nullable Read single(ValueType type, Schema from, String column) {
        Schema.Type stored = from.getType();
        LogicalType logical = from.getLogicalType();
        boolean plain = logical == null;
        return switch (type.kind()) {
            case BOOLEAN ->
                stored == Schema.Type.BOOLEAN ? (in, slot) -> slot.fillBits(in.readBoolean() ? 1 : 0) : null;
            case BYTE ->
                plain && stored == Schema.Type.INT ? narrow(type, Byte.MIN_VALUE, Byte.MAX_VALUE, column) : null;
            case SHORT ->
                plain && stored == Schema.Type.INT ? narrow(type, Short.MIN_VALUE, Short.MAX_VALUE, column) : null;
            case INT -> plain && stored == Schema.Type.INT ? (in, slot) -> slot.fillBits(in.readInt()) : null;
            case LONG -> plain ? longs(stored) : null;
            case FLOAT ->
                stored == Schema.Type.FLOAT
                        ? (in, slot) -> slot.fillBits(Float.floatToRawIntBits(in.readFloat()))
                        : null;
            case DOUBLE -> plain ? doubles(stored) : null;
            case STRING -> text(from);
            case BYTES -> plain ? bytes(from) : null;
            case ENUM -> enumeration(type, from, column);
            case DATE ->
                logical instanceof LogicalTypes.Date
                        ? (in, slot) -> slot.fill(LocalDate.ofEpochDay(in.readInt()))
                        : null;
            case INSTANT -> instant(logical);
            case DECIMAL ->
                logical instanceof LogicalTypes.Decimal decimal ? decimal(from, decimal.getScale(), column) : null;
            case RECORD, LIST -> null;
        };
    }

    private Read narrow(ValueType type, int least, int most, String column) {
        return (in, slot) -> {
            int value = in.readInt();
            if (value < least || value > most) {
                complaint.misfit(column, value, type.toString());
            }
            slot.fillBits(value);
        };
    }

    private static @Nullable Read longs(Schema.Type stored) {
        return switch (stored) {
            case INT -> (in, slot) -> slot.fillBits(in.readInt());
            case LONG -> (in, slot) -> slot.fillBits(in.readLong());
            default -> null;
        };
    }

    private static @Nullable Read doubles(Schema.Type stored) {
        return switch (stored) {
            case INT -> (in, slot) -> slot.fillBits(Double.doubleToRawLongBits(in.readInt()));
            case FLOAT -> (in, slot) -> slot.fillBits(Double.doubleToRawLongBits(in.readFloat()));
            case DOUBLE -> (in, slot) -> slot.fillBits(Double.doubleToRawLongBits(in.readDouble()));
            default -> null;
        };
    }

    private static @Nullable Read text(Schema from) {
        return switch (from.getType()) {
            case STRING -> (in, slot) -> slot.fill(in.readString());
            case ENUM -> (in, slot) -> slot.fill(from.getEnumSymbols().get(in.readEnum()));
            default -> null;
        };
    }

    private static @Nullable Read bytes(Schema from) {
        return switch (from.getType()) {
            case BYTES -> (in, slot) -> slot.fill(array(in.readBytes(null)));
            case FIXED -> (in, slot) -> slot.fill(fixed(in, from.getFixedSize()));
            default -> null;
        };
    }

    private static byte[] array(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static byte[] fixed(Decoder in, int size) throws IOException {
        byte[] bytes = new byte[size];
        in.readFixed(bytes);
        return bytes;
    }

    private @Nullable Read enumeration(ValueType type, Schema from, String column) {
        EnumNames names = new EnumNames(type.raw());
        return switch (from.getType()) {
            case STRING -> (in, slot) -> names.fill(slot, in.readString(), column, complaint);
            case ENUM -> (in, slot) -> names.fill(slot, from.getEnumSymbols().get(in.readEnum()), column, complaint);
            default -> null;
        };
    }

    private static @Nullable Read instant(@Nullable LogicalType logical) {
        LongFunction<Instant> unit = logical instanceof LogicalTypes.TimestampMillis
                ? Instant::ofEpochMilli
                : logical instanceof LogicalTypes.TimestampMicros
                        ? Instants::ofMicros
                        : logical instanceof LogicalTypes.TimestampNanos ? Instants::ofNanos : null;
        return unit == null ? null : (in, slot) -> slot.fill(unit.apply(in.readLong()));
    }

    private Read decimal(Schema from, int scale, String column) {
        return (in, slot) -> {
            byte[] unscaled =
                    from.getType() == Schema.Type.FIXED ? fixed(in, from.getFixedSize()) : array(in.readBytes(null));
            if (unscaled.length == 0) {
                complaint.misfit(column, "no bytes", "a decimal");
            } else {
                slot.fill(new BigDecimal(new BigInteger(unscaled), scale));
            }
        };
    }
}
