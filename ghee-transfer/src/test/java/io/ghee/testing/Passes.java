package io.ghee.testing;

import io.ghee.run.CredentialsProvider;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Credentials that are a word: a test sets it in the driver, and workers can tell which one they have. */
public final class Passes implements CredentialsProvider {
    private static volatile @Nullable String word;
    private static volatile Runnable onChange = () -> {};
    private static volatile int open;
    private static volatile String taken = "none";

    /** Jobs that are launched from now on have a pass; those that have one get this one in its place. */
    public static void set(String pass) {
        word = pass;
        onChange.run();
    }

    /** Jobs that are launched from now on have no pass. */
    public static void reset() {
        word = null;
        onChange = () -> {};
    }

    /** How many jobs have one. */
    public static int open() {
        return open;
    }

    /** The pass that was taken last, in this JVM. */
    public static String taken() {
        return taken;
    }

    @Override
    public String name() {
        return "passes";
    }

    @Override
    public synchronized Optional<Issued> issue(Runnable changed) {
        if (word == null) {
            return Optional.empty();
        }
        onChange = changed;
        open++;
        return Optional.of(new Issued() {
            @Override
            public byte[] bytes() {
                return String.valueOf(word).getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public void close() {
                open--;
            }
        });
    }

    @Override
    public void accept(byte[] bytes) {
        taken = new String(bytes, StandardCharsets.UTF_8);
    }
}
