package io.ghee.benchmarks;

/**
 * One program measured once.
 *
 * @param cpuSeconds of its whole process tree, from start to exit
 * @param wallSeconds from start to exit
 * @param otherCores how many processors other processes kept busy meanwhile
 */
record Sample(
        String program,
        Setting.Mode mode,
        int n,
        int round,
        double cpuSeconds,
        double wallSeconds,
        double otherCores,
        Outcome outcome) {
    double cpuMicrosPerRecord() {
        return cpuSeconds * 1e6 / outcome.records();
    }
}
