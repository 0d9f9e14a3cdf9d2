package io.ghee.io.file;

import io.ghee.ConfigurationException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a component of a record is, or an element of a list in it, to a format that has a schema.
 *
 * @param raw the Java class
 * @param element of a list or an array, else null
 */
record ValueType(Kind kind, Class<?> raw, @Nullable ValueType element) {
    /** The values that files of more than one format have. */
    enum Kind {
        BOOLEAN,
        BYTE,
        SHORT,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        STRING,
        BYTES,
        ENUM,
        DATE,
        INSTANT,
        DECIMAL,
        RECORD,
        LIST;

        /** True for numbers and booleans, which a {@link Slot} holds as bits. */
        boolean isPrimitive() {
            return compareTo(DOUBLE) <= 0;
        }
    }

    private static final Map<Class<?>, Kind> KINDS = Map.ofEntries(
            Map.entry(boolean.class, Kind.BOOLEAN),
            Map.entry(Boolean.class, Kind.BOOLEAN),
            Map.entry(byte.class, Kind.BYTE),
            Map.entry(Byte.class, Kind.BYTE),
            Map.entry(short.class, Kind.SHORT),
            Map.entry(Short.class, Kind.SHORT),
            Map.entry(int.class, Kind.INT),
            Map.entry(Integer.class, Kind.INT),
            Map.entry(long.class, Kind.LONG),
            Map.entry(Long.class, Kind.LONG),
            Map.entry(float.class, Kind.FLOAT),
            Map.entry(Float.class, Kind.FLOAT),
            Map.entry(double.class, Kind.DOUBLE),
            Map.entry(Double.class, Kind.DOUBLE),
            Map.entry(String.class, Kind.STRING),
            Map.entry(byte[].class, Kind.BYTES),
            Map.entry(LocalDate.class, Kind.DATE),
            Map.entry(Instant.class, Kind.INSTANT),
            Map.entry(BigDecimal.class, Kind.DECIMAL));

    /**
     * The type of a component.
     *
     * @param where the component, for messages
     * @throws ConfigurationException if no format has such values
     */
    static ValueType of(Type type, String where) {
        if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            return new ValueType(Kind.LIST, List.class, of(list.getActualTypeArguments()[0], where));
        }
        if (!(type instanceof Class<?> raw)) {
            throw unsupported(type, where);
        }
        Kind kind = KINDS.get(raw);
        if (kind != null) {
            return new ValueType(kind, raw, null);
        }
        if (raw.isArray()) {
            ValueType element = of(raw.getComponentType(), where);
            if ((element.kind.isPrimitive() && element.raw.isPrimitive()) || element.kind == Kind.STRING) {
                return new ValueType(Kind.LIST, raw, element);
            }
            throw unsupported(type, where);
        }
        if (raw.isEnum()) {
            return new ValueType(Kind.ENUM, raw, null);
        }
        if (raw.isRecord()) {
            return new ValueType(Kind.RECORD, raw, null);
        }
        throw unsupported(type, where);
    }

    private static ConfigurationException unsupported(Type type, String where) {
        return new ConfigurationException(where + ": " + type.getTypeName()
                + " (expected: a number, boolean, String, byte[], enum, LocalDate, Instant, BigDecimal, record, List of"
                + " these, or array of numbers, booleans or strings)");
    }

    /** False for the primitives, which have no null. */
    boolean isNullable() {
        return !raw.isPrimitive();
    }

    /** The type of the elements of a list. */
    ValueType elements() {
        if (element == null) {
            throw new IllegalStateException(this + " has no elements");
        }
        return element;
    }

    @Override
    public String toString() {
        return raw == List.class ? "List<" + element + ">" : raw.getSimpleName();
    }
}
