package io.ghee.models.djl;

import ai.djl.engine.Engine;

/** The PyTorch engine of DJL, set up for a worker among others on its machine. */
public final class Torch {
    static {
        // The natives come with the class path: nothing is to be downloaded behind the user's back.
        preset("ai.djl.offline", "true");
        // One thread per operator: small operators of several busy workers on one machine only get into each other's
        // way.
        preset("ai.djl.pytorch.num_threads", "1");
        preset("ai.djl.pytorch.num_interop_threads", "1");
    }

    private Torch() {}

    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** The engine. System properties of DJL that the user has set are kept. */
    public static Engine engine() {
        return Engine.getEngine("PyTorch");
    }
}
