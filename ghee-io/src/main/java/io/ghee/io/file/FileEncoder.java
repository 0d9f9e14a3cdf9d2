package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import java.io.IOException;

/** Writes the records of one file. Used by one thread. */
interface FileEncoder<T> {
    void write(T record) throws IOException;

    /** About how long the file is by now, in bytes. */
    long bytes();

    /** Writes what is still held, and what files of the format end in; the file itself stays open. */
    void finish() throws IOException;

    /** What a user's function makes of a record. Where that fails, the disk does not. */
    static <T, R> R encoded(RecordFunction<T, R> encode, T record) {
        try {
            return encode.apply(record);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(record + " cannot be encoded: " + e, e);
        }
    }
}
