package io.ghee.run;

/**
 * How a trial hears that it is to end early. One of a single rank is told with the answers to its reports; the ranks of one
 * that has several must take the same number of steps, and ask: {@link StepOrders}. Used by the task's thread.
 */
final class Stopping {
    private final Coordinator coordinator;
    private final int attempt;
    private final int replica;
    private final boolean asks;
    private final WorkerMetrics metrics;
    private long ask = 1;
    private boolean stopped;

    /** @param asks whether this is a rank of a trial that has several */
    Stopping(Coordinator coordinator, int attempt, int replica, boolean asks, WorkerMetrics metrics) {
        this.coordinator = coordinator;
        this.attempt = attempt;
        this.replica = replica;
        this.asks = asks;
        this.metrics = metrics;
    }

    boolean isStopped() {
        return asks ? stopped : metrics.isStopped();
    }

    /** So many steps have been taken. */
    void stepEnded(long step) throws InterruptedException {
        if (!asks || step < ask) {
            return;
        }
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        Coordinator.StepOrder order = coordinator.atStep(attempt, replica, step);
        metrics.in(before);
        ask = order.next();
        stopped = order.stop();
    }
}
