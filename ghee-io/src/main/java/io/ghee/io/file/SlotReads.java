package io.ghee.io.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/** Reads one slot as the value of a record component. */
final class SlotReads {
    private SlotReads() {}

    /** A handle of type (Slot[] slots) -> the component's type. */
    static MethodHandle handle(ValueType type, int at) throws NoSuchMethodException, IllegalAccessException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandle read;
        if (type.raw().isPrimitive()) {
            read = lookup.findStatic(
                    SlotReads.class,
                    type.raw().getSimpleName() + "Of",
                    MethodType.methodType(type.raw(), Slot[].class, int.class));
        } else {
            MethodHandle boxed = lookup.findStatic(
                    SlotReads.class,
                    "boxedOf",
                    MethodType.methodType(Object.class, Slot[].class, int.class, ValueType.Kind.class));
            read = MethodHandles.insertArguments(boxed, 2, type.kind());
        }
        return MethodHandles.insertArguments(read, 1, at).asType(MethodType.methodType(type.raw(), Slot[].class));
    }

    static boolean booleanOf(Slot[] slots, int at) {
        return slots[at].bits() != 0;
    }

    static byte byteOf(Slot[] slots, int at) {
        return (byte) slots[at].bits();
    }

    static short shortOf(Slot[] slots, int at) {
        return (short) slots[at].bits();
    }

    static int intOf(Slot[] slots, int at) {
        return (int) slots[at].bits();
    }

    static long longOf(Slot[] slots, int at) {
        return slots[at].bits();
    }

    static float floatOf(Slot[] slots, int at) {
        return Float.intBitsToFloat((int) slots[at].bits());
    }

    static double doubleOf(Slot[] slots, int at) {
        return Double.longBitsToDouble(slots[at].bits());
    }

    static @Nullable Object boxedOf(Slot[] slots, int at, ValueType.Kind kind) {
        return slots[at].boxed(kind);
    }
}
