package io.ghee.io.file;

import io.ghee.InputException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/** Writes the values of a condition as one column stores them; refuses those that it cannot store exactly. */
final class ParquetLiterals {
    private final String path;
    private final String column;
    private final PrimitiveType type;
    private final @Nullable LogicalTypeAnnotation logical;

    ParquetLiterals(String path, String column, PrimitiveType type) {
        this.path = path;
        this.column = column;
        this.type = type;
        this.logical = type.getLogicalTypeAnnotation();
    }

    InputException misfit(Object value, String expected) {
        String shown = value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
        return new InputException(path + ": column " + column + " is " + ParquetSchemas.name(type)
                + ", and is compared with " + shown + " (expected: " + expected + ")");
    }

    boolean bool(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        throw misfit(value, "a boolean");
    }

    int int32(Object value) {
        if (logical instanceof DateLogicalTypeAnnotation) {
            if (value instanceof LocalDate date && date.toEpochDay() == (int) date.toEpochDay()) {
                return (int) date.toEpochDay();
            }
            throw misfit(value, "a LocalDate");
        }
        if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
            BigInteger unscaled = unscaled(value, decimal);
            return within(unscaled.bitLength() < Integer.SIZE, unscaled.intValue(), value, "as many digits");
        }
        long integer = integer(value);
        if (logical instanceof IntLogicalTypeAnnotation as && !as.isSigned()) {
            return within(integer >= 0 && integer < 1L << as.getBitWidth(), (int) integer, value, "an unsigned number");
        }
        return within(integer == (int) integer, (int) integer, value, "an int");
    }

    long int64(Object value) {
        if (logical instanceof TimestampLogicalTypeAnnotation timestamp) {
            return units(value, timestamp.getUnit());
        }
        if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
            BigInteger unscaled = unscaled(value, decimal);
            return within(unscaled.bitLength() < Long.SIZE, unscaled.longValue(), value, "as many digits");
        }
        return integer(value);
    }

    private <V> V within(boolean fits, V literal, Object value, String expected) {
        if (!fits) {
            throw misfit(value, expected);
        }
        return literal;
    }

    private long integer(Object value) {
        boolean plain = logical == null || logical instanceof IntLogicalTypeAnnotation;
        if (plain
                && (value instanceof Byte
                        || value instanceof Short
                        || value instanceof Integer
                        || value instanceof Long)) {
            return ((Number) value).longValue();
        }
        throw misfit(value, plain ? "an integer" : "another column: conditions do not know this type");
    }

    private long units(Object value, LogicalTypeAnnotation.TimeUnit unit) {
        if (!(value instanceof Instant instant)) {
            throw misfit(value, "an Instant");
        }
        try {
            long perSecond = switch (unit) {
                case MILLIS -> 1_000;
                case MICROS -> 1_000_000;
                case NANOS -> 1_000_000_000;
            };
            long nanosPerUnit = 1_000_000_000 / perSecond;
            if (instant.getNano() % nanosPerUnit != 0) {
                throw misfit(value, "whole " + unit);
            }
            return Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), perSecond), instant.getNano() / nanosPerUnit);
        } catch (ArithmeticException e) {
            throw misfit(value, "a time that the column can have");
        }
    }

    private BigInteger unscaled(Object value, DecimalLogicalTypeAnnotation decimal) {
        if (!(value instanceof BigDecimal number)) {
            throw misfit(value, "a BigDecimal");
        }
        try {
            return number.setScale(decimal.getScale()).unscaledValue();
        } catch (ArithmeticException e) {
            throw misfit(value, "at most " + decimal.getScale() + " digits behind the point");
        }
    }

    float float32(Object value) {
        double number = float64(value);
        return within(number == (float) number, (float) number, value, "a float");
    }

    double float64(Object value) {
        boolean number = value instanceof Double
                || value instanceof Float
                || value instanceof Byte
                || value instanceof Short
                || value instanceof Integer
                || (value instanceof Long exact && (long) (double) exact == exact);
        if (!number || Double.isNaN(((Number) value).doubleValue())) {
            throw misfit(value, "a number");
        }
        return ((Number) value).doubleValue();
    }

    Binary binary(Object value) {
        if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
            return fixed(value, unscaled(value, decimal).toByteArray());
        }
        boolean bytes = logical == null && value instanceof byte[];
        if (bytes
                && (type.getPrimitiveTypeName() == PrimitiveTypeName.BINARY
                        || type.getTypeLength() == ((byte[]) value).length)) {
            return Binary.fromConstantByteArray((byte[]) value);
        }
        if (type.getPrimitiveTypeName() == PrimitiveTypeName.BINARY
                && ParquetSchemas.isText(type)
                && (value instanceof String || value instanceof Enum)) {
            String text = value instanceof Enum<?> constant ? constant.name() : (String) value;
            return Binary.fromConstantByteArray(text.getBytes(StandardCharsets.UTF_8));
        }
        throw misfit(value, ParquetSchemas.isText(type) ? "a String" : "another column: conditions do not know this");
    }

    /** A number as it is stored in a fixed number of bytes. */
    private Binary fixed(Object value, byte[] minimal) {
        int length = type.getTypeLength();
        if (type.getPrimitiveTypeName() != PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY || minimal.length > length) {
            throw misfit(value, "a decimal of fixed length, and as many digits");
        }
        return Binary.fromConstantByteArray(Decimals.widened(minimal, length));
    }
}
