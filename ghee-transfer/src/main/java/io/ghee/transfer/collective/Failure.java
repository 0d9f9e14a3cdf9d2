package io.ghee.transfer.collective;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Why a ring works no more; the same on all its ranks, as it is passed on.
 *
 * @param isUsersFault if the ranks call different operations; else one of them is lost
 */
record Failure(boolean isUsersFault, String text) {
    private static final int LONGEST_TEXT = 1000;

    static Failure lost(String text) {
        return new Failure(false, text);
    }

    void writeTo(ByteBuffer out) {
        byte[] bytes = text.substring(0, Math.min(text.length(), LONGEST_TEXT)).getBytes(StandardCharsets.UTF_8);
        out.put((byte) (isUsersFault ? 1 : 0)).put(bytes);
    }

    /** Reads what {@link #writeTo} wrote, up to the limit. */
    static Failure read(ByteBuffer in) {
        boolean isUsersFault = in.get() == 1;
        return new Failure(isUsersFault, StandardCharsets.UTF_8.decode(in).toString());
    }

    /** @param where what could not be done */
    GheeException exception(String where) {
        return isUsersFault
                ? new ConfigurationException(text)
                : new InfrastructureException(where + " failed: " + text);
    }
}
