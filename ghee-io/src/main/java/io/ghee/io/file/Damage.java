package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InputException;

/** Tells apart why a library could not read a file. */
final class Damage {
    private Damage() {}

    /**
     * What is to be thrown for what a library threw: what storage said, if that is behind it; else that the file is
     * damaged.
     *
     * @param where the file and the place in it
     */
    static GheeException of(String where, Throwable thrown, String expected) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof GheeException told) {
                return told;
            }
            if (each instanceof LinkageError) {
                return new ConfigurationException(
                        where + ": a class is missing that reads it: " + each.getMessage()
                                + " (expected: its jar on the class path)",
                        thrown);
            }
        }
        return new InputException(where + ": cannot be read: " + thrown + " (expected: " + expected + ")", thrown);
    }
}
