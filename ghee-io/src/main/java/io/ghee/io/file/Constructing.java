package io.ghee.io.file;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.function.Function;

/**
 * Makes records of what is in slots. The code of a hidden class for each record class, in which the handle of its constructor
 * is a constant: so it is compiled into where records are made, which the handle in a field of an object would not be. Itself it
 * is never used.
 */
final class Constructing implements Function<Slot[], Object> {
    private static final MethodHandle HANDLE = handle();

    private static MethodHandle handle() {
        try {
            return MethodHandles.classData(MethodHandles.lookup(), "_", MethodHandle.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Object apply(Slot[] slots) {
        try {
            return (Object) HANDLE.invokeExact(slots);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a record's constructor threw " + e, e);
        }
    }
}
