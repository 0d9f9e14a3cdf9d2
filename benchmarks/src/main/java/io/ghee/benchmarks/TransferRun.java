package io.ghee.benchmarks;

/**
 * One variant measured once at one size.
 *
 * @param size bytes of data in a message
 * @param round those of one round followed each other
 * @param perSecond messages that arrived
 * @param cpuNanos of both processes together, for a message
 * @param sentBytes allocated on the heap by the sender for a message
 * @param receivedBytes the same, by the receiver
 * @param otherCores processors that were busy with something else
 */
record TransferRun(
        Variant variant,
        int size,
        int round,
        double perSecond,
        double cpuNanos,
        double sentBytes,
        double receivedBytes,
        double otherCores) {

    double megabytesPerSecond() {
        return perSecond * size / 1e6;
    }

    double cpuSecondsPerGigabyte() {
        return cpuNanos / size;
    }
}
