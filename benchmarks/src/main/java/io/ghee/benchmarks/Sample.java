package io.ghee.benchmarks;

/**
 * One program measured once.
 *
 * @param cpuSeconds of its whole process tree, from start to exit
 */
record Sample(String program, Setting.Mode mode, int n, int round, double cpuSeconds, Outcome outcome) {
    double cpuMicrosPerRecord() {
        return cpuSeconds * 1e6 / outcome.records();
    }
}
