package io.ghee.io.file;

import io.ghee.BadRecordException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Locale;
import java.util.Map;

/** Reads one text field as a value of each type that a component may have. */
final class FieldReads {
    private static final int VALUE_SHOWN = 80;

    private static final Map<Class<?>, String> METHODS = Map.of(
            boolean.class, "toBoolean",
            byte.class, "toByte",
            short.class, "toShort",
            char.class, "toChar",
            int.class, "toInt",
            long.class, "toLong",
            float.class, "toFloat",
            double.class, "toDouble",
            String.class, "toText");

    private FieldReads() {}

    /** True for the primitives and String. */
    static boolean reads(Class<?> type) {
        return METHODS.containsKey(type);
    }

    /** A handle of type (String[] fields, int at, String column) -> {@code type}; it throws BadRecordException. */
    static MethodHandle handle(Class<?> type) throws NoSuchMethodException, IllegalAccessException {
        return MethodHandles.lookup()
                .findStatic(
                        FieldReads.class,
                        METHODS.getOrDefault(type, ""),
                        MethodType.methodType(type, String[].class, int.class, String.class));
    }

    private static BadRecordException bad(String column, String value, String type) {
        String shown = value.length() <= VALUE_SHOWN ? value : value.substring(0, VALUE_SHOWN) + "...";
        return new BadRecordException("column " + column + ": \"" + shown + "\" (expected: " + type + ")");
    }

    static boolean toBoolean(String[] fields, int at, String column) {
        return switch (fields[at].toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw bad(column, fields[at], "boolean: true, false, 1 or 0");
        };
    }

    static byte toByte(String[] fields, int at, String column) {
        try {
            return Byte.parseByte(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "byte");
        }
    }

    static short toShort(String[] fields, int at, String column) {
        try {
            return Short.parseShort(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "short");
        }
    }

    static char toChar(String[] fields, int at, String column) {
        if (fields[at].length() != 1) {
            throw bad(column, fields[at], "char");
        }
        return fields[at].charAt(0);
    }

    static int toInt(String[] fields, int at, String column) {
        try {
            return Integer.parseInt(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "int");
        }
    }

    static long toLong(String[] fields, int at, String column) {
        try {
            return Long.parseLong(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "long");
        }
    }

    static float toFloat(String[] fields, int at, String column) {
        try {
            return Float.parseFloat(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "float");
        }
    }

    static double toDouble(String[] fields, int at, String column) {
        try {
            return Double.parseDouble(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "double");
        }
    }

    @SuppressWarnings("UnusedVariable") // The readers are called alike.
    static String toText(String[] fields, int at, String column) {
        return fields[at];
    }
}
