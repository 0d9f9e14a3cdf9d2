package io.ghee.models.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import io.ghee.InfrastructureException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The PyTorch engine of DJL, set up for a worker among others on its machine. */
public final class Torch {
    private static final int TURN_MINUTES = 10;
    private static final ReentrantLock TURN = new ReentrantLock(true);

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

    /**
     * A gradient collector, when it is this thread's turn. DJL has room for one per JVM, and throws where a second is opened;
     * here the ranks that are threads of one JVM take turns, in the order in which they ask. Close it, and soon: on the thread
     * that has opened it.
     *
     * @throws InfrastructureException if it is not this thread's turn within {@value #TURN_MINUTES} minutes
     * @throws IllegalStateException if this thread, or one that does not ask here, has one open
     */
    public static GradientCollector newGradientCollector() {
        return new TurnTaking();
    }

    private static final class TurnTaking implements GradientCollector {
        private final GradientCollector collector;
        private boolean open = true;

        TurnTaking() {
            try {
                if (!TURN.tryLock(TURN_MINUTES, TimeUnit.MINUTES)) {
                    throw new InfrastructureException("no turn at the gradient collector within " + TURN_MINUTES
                            + " minutes: another thread has one open (" + TURN + ")");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InfrastructureException("waiting for the gradient collector was interrupted", e);
            }
            try {
                collector = engine().newGradientCollector();
            } catch (RuntimeException e) {
                TURN.unlock();
                throw e;
            }
        }

        @Override
        public void backward(NDArray target) {
            collector.backward(target);
        }

        @Override
        public void zeroGradients() {
            collector.zeroGradients();
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                try {
                    collector.close();
                } finally {
                    TURN.unlock();
                }
            }
        }
    }
}
