package io.ghee.io.file;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.JulianFields;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/** Converters that put the values of one column into a slot. */
final class ParquetValues {
    private static final long UNSIGNED_INT = 0xFFFF_FFFFL;

    private ParquetValues() {}

    /** The converter of a column to a type, or null if it does not fit. */
    static @Nullable PrimitiveConverter converter(
            ValueType type, PrimitiveType from, Slot into, String column, Complaint complaint) {
        LogicalTypeAnnotation logical = from.getLogicalTypeAnnotation();
        PrimitiveTypeName stored = from.getPrimitiveTypeName();
        return switch (type.kind()) {
            case BOOLEAN -> stored == PrimitiveTypeName.BOOLEAN ? new Booleans(into) : null;
            case BYTE -> isInt(stored, logical) ? new Narrow(into, type, column, complaint) : null;
            case SHORT -> isInt(stored, logical) ? new Narrow(into, type, column, complaint) : null;
            case INT -> isInt(stored, logical) ? new Integers(into, -1) : null;
            case LONG -> longs(stored, logical, into);
            case FLOAT -> stored == PrimitiveTypeName.FLOAT ? new Floats(into) : null;
            case DOUBLE -> doubles(stored, logical, into);
            case STRING -> isText(from) ? new Objects(into, Binary::toStringUsingUTF8) : null;
            case ENUM -> isText(from) ? new Enums(into, type, column, complaint) : null;
            case BYTES -> bytes(stored, logical, into);
            case DATE -> logical instanceof DateLogicalTypeAnnotation ? new Counts(into, LocalDate::ofEpochDay) : null;
            case INSTANT -> instants(stored, logical, into);
            case DECIMAL ->
                logical instanceof DecimalLogicalTypeAnnotation decimal
                        ? decimals(stored, decimal.getScale(), into)
                        : null;
            case RECORD, LIST -> null;
        };
    }

    private static boolean isText(PrimitiveType from) {
        return from.getPrimitiveTypeName() == PrimitiveTypeName.BINARY && ParquetSchemas.isText(from);
    }

    /** True for what an int can hold. */
    private static boolean isInt(PrimitiveTypeName stored, @Nullable LogicalTypeAnnotation logical) {
        return stored == PrimitiveTypeName.INT32
                && (logical == null
                        || (logical instanceof IntLogicalTypeAnnotation as
                                && (as.isSigned() || as.getBitWidth() < Integer.SIZE)));
    }

    private static @Nullable PrimitiveConverter longs(
            PrimitiveTypeName stored, @Nullable LogicalTypeAnnotation logical, Slot into) {
        if (stored == PrimitiveTypeName.INT32 && logical instanceof IntLogicalTypeAnnotation as && !as.isSigned()) {
            return new Integers(into, UNSIGNED_INT);
        }
        boolean signed = logical == null || (logical instanceof IntLogicalTypeAnnotation as && as.isSigned());
        return isInt(stored, logical) || (stored == PrimitiveTypeName.INT64 && signed) ? new Integers(into, -1) : null;
    }

    private static @Nullable PrimitiveConverter doubles(
            PrimitiveTypeName stored, @Nullable LogicalTypeAnnotation logical, Slot into) {
        boolean number =
                stored == PrimitiveTypeName.FLOAT || stored == PrimitiveTypeName.DOUBLE || isInt(stored, logical);
        return number ? new Doubles(into) : null;
    }

    private static @Nullable PrimitiveConverter bytes(
            PrimitiveTypeName stored, @Nullable LogicalTypeAnnotation logical, Slot into) {
        boolean bytes = stored == PrimitiveTypeName.BINARY || stored == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
        return bytes && !(logical instanceof DecimalLogicalTypeAnnotation) ? new Bytes(into) : null;
    }

    private static @Nullable PrimitiveConverter instants(
            PrimitiveTypeName stored, @Nullable LogicalTypeAnnotation logical, Slot into) {
        if (stored == PrimitiveTypeName.INT96) {
            return new Objects(into, ParquetValues::ofInt96);
        }
        return logical instanceof TimestampLogicalTypeAnnotation timestamp && timestamp.isAdjustedToUTC()
                ? new Counts(into, unit(timestamp.getUnit()))
                : null;
    }

    private static LongFunction<Object> unit(LogicalTypeAnnotation.TimeUnit unit) {
        return switch (unit) {
            case MILLIS -> Instant::ofEpochMilli;
            case MICROS -> Instants::ofMicros;
            case NANOS -> Instants::ofNanos;
        };
    }

    /** The timestamp of Hive, Impala and older Sparks: nanoseconds of the day, then the Julian day, little-endian. */
    private static Instant ofInt96(Binary value) {
        ByteBuffer bytes = value.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        long nanos = bytes.getLong();
        long day = bytes.getInt();
        long epochDay = day - LocalDate.EPOCH.getLong(JulianFields.JULIAN_DAY);
        return Instant.ofEpochSecond(epochDay * 86_400, nanos);
    }

    private static @Nullable PrimitiveConverter decimals(PrimitiveTypeName stored, int scale, Slot into) {
        return switch (stored) {
            case INT32, INT64 -> new Counts(into, unscaled -> BigDecimal.valueOf(unscaled, scale));
            case BINARY, FIXED_LEN_BYTE_ARRAY ->
                new Objects(into, bytes -> new BigDecimal(new BigInteger(bytes.getBytes()), scale));
            default -> null;
        };
    }

    private static final class Booleans extends PrimitiveConverter {
        private final Slot into;

        Booleans(Slot into) {
            this.into = into;
        }

        @Override
        public void addBoolean(boolean value) {
            into.fillBits(value ? 1 : 0);
        }
    }

    /** Integers of 32 or 64 bits. */
    private static class Integers extends PrimitiveConverter {
        final Slot into;
        private final long mask;

        Integers(Slot into, long mask) {
            this.into = into;
            this.mask = mask;
        }

        @Override
        public void addInt(int value) {
            into.fillBits(value & mask);
        }

        @Override
        public void addLong(long value) {
            into.fillBits(value);
        }
    }

    /** Integers that must fit a byte or a short. */
    private static final class Narrow extends Integers {
        private final ValueType type;
        private final String column;
        private final Complaint complaint;

        Narrow(Slot into, ValueType type, String column, Complaint complaint) {
            super(into, -1);
            this.type = type;
            this.column = column;
            this.complaint = complaint;
        }

        @Override
        public void addInt(int value) {
            int narrowed = type.kind() == ValueType.Kind.BYTE ? (byte) value : (short) value;
            if (narrowed != value) {
                complaint.misfit(column, value, type.toString());
            }
            into.fillBits(narrowed);
        }
    }

    private static final class Floats extends PrimitiveConverter {
        private final Slot into;

        Floats(Slot into) {
            this.into = into;
        }

        @Override
        public void addFloat(float value) {
            into.fillBits(Float.floatToRawIntBits(value));
        }
    }

    private static final class Doubles extends PrimitiveConverter {
        private final Slot into;

        Doubles(Slot into) {
            this.into = into;
        }

        @Override
        public void addInt(int value) {
            addDouble(value);
        }

        @Override
        public void addFloat(float value) {
            addDouble(value);
        }

        @Override
        public void addDouble(double value) {
            into.fillBits(Double.doubleToRawLongBits(value));
        }
    }

    /** Bytes, each time in an array of their own. */
    private static final class Bytes extends PrimitiveConverter {
        private final Slot into;

        Bytes(Slot into) {
            this.into = into;
        }

        @Override
        public void addBinary(Binary value) {
            into.fill(value.getBytes());
        }
    }

    /** Integers that count something. */
    private static final class Counts extends PrimitiveConverter {
        private final Slot into;
        private final LongFunction<?> make;

        Counts(Slot into, LongFunction<?> make) {
            this.into = into;
            this.make = make;
        }

        @Override
        public void addInt(int value) {
            addLong(value);
        }

        @Override
        public void addLong(long value) {
            into.fill(make.apply(value));
        }
    }

    /** Values made of bytes; those of a dictionary are made once. */
    private static class Objects extends PrimitiveConverter {
        final Slot into;
        private final Function<Binary, Object> make;
        private Object[] made = new Object[0];

        Objects(Slot into, Function<Binary, Object> make) {
            this.into = into;
            this.make = make;
        }

        @Override
        public boolean hasDictionarySupport() {
            return true;
        }

        @Override
        public void setDictionary(Dictionary dictionary) {
            made = new Object[dictionary.getMaxId() + 1];
            for (int id = 0; id < made.length; id++) {
                made[id] = make.apply(dictionary.decodeToBinary(id));
            }
        }

        @Override
        public void addValueFromDictionary(int id) {
            put(made[id]);
        }

        @Override
        public void addBinary(Binary value) {
            put(make.apply(value));
        }

        void put(Object value) {
            into.fill(value);
        }
    }

    private static final class Enums extends Objects {
        private final EnumNames names;
        private final String column;
        private final Complaint complaint;

        Enums(Slot into, ValueType type, String column, Complaint complaint) {
            super(into, Binary::toStringUsingUTF8);
            this.names = new EnumNames(type.raw());
            this.column = column;
            this.complaint = complaint;
        }

        @Override
        void put(Object value) {
            names.fill(into, (String) value, column, complaint);
        }
    }
}
