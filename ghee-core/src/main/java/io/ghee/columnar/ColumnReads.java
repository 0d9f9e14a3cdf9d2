package io.ghee.columnar;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads one row of a column back as the value of a record component. Found by name and type, see {@link #handle}. */
final class ColumnReads {
    private ColumnReads() {}

    /** The method {@code read(Column, int row)} that returns {@code type}. */
    static MethodHandle handle(Class<?> type) {
        String simple = type.isArray() ? type.getComponentType().getSimpleName() + "s" : type.getSimpleName();
        String name = "read" + Character.toUpperCase(simple.charAt(0)) + simple.substring(1);
        try {
            return MethodHandles.lookup()
                    .findStatic(ColumnReads.class, name, MethodType.methodType(type, Column.class, int.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no reader for " + type, e);
        }
    }

    static boolean readBoolean(Column c, int row) {
        return c.data.get(row) != 0;
    }

    static byte readByte(Column c, int row) {
        return c.data.get(row);
    }

    static short readShort(Column c, int row) {
        return c.data.getShort(row << 1);
    }

    static char readChar(Column c, int row) {
        return c.data.getChar(row << 1);
    }

    static int readInt(Column c, int row) {
        return c.data.getInt(row << 2);
    }

    static long readLong(Column c, int row) {
        return c.data.getLong(row << 3);
    }

    static float readFloat(Column c, int row) {
        return c.data.getFloat(row << 2);
    }

    static double readDouble(Column c, int row) {
        return c.data.getDouble(row << 3);
    }

    static String readString(Column c, int row) {
        return text(c, row);
    }

    static boolean[] readBooleans(Column c, int row) {
        int from = c.offset(row);
        boolean[] values = new boolean[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.get(from + k) != 0;
        }
        return values;
    }

    static byte[] readBytes(Column c, int row) {
        int from = c.offset(row);
        byte[] values = new byte[c.offset(row + 1) - from];
        c.data.get(from, values);
        return values;
    }

    static short[] readShorts(Column c, int row) {
        int from = c.offset(row);
        short[] values = new short[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getShort((from + k) << 1);
        }
        return values;
    }

    static char[] readChars(Column c, int row) {
        int from = c.offset(row);
        char[] values = new char[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getChar((from + k) << 1);
        }
        return values;
    }

    static int[] readInts(Column c, int row) {
        int from = c.offset(row);
        int[] values = new int[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getInt((from + k) << 2);
        }
        return values;
    }

    static long[] readLongs(Column c, int row) {
        int from = c.offset(row);
        long[] values = new long[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getLong((from + k) << 3);
        }
        return values;
    }

    static float[] readFloats(Column c, int row) {
        int from = c.offset(row);
        float[] values = new float[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getFloat((from + k) << 2);
        }
        return values;
    }

    static double[] readDoubles(Column c, int row) {
        int from = c.offset(row);
        double[] values = new double[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = c.data.getDouble((from + k) << 3);
        }
        return values;
    }

    static String[] readStrings(Column c, int row) {
        int from = c.offset(row);
        String[] values = new String[c.offset(row + 1) - from];
        for (int k = 0; k < values.length; k++) {
            values[k] = text(c, from + k);
        }
        return values;
    }

    private static String text(Column c, int element) {
        int from = c.textOffset(element);
        byte[] utf8 = new byte[c.textOffset(element + 1) - from];
        ByteBuffer data = c.data;
        data.get(from, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
