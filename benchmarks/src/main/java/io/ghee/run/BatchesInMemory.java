package io.ghee.run;

import com.sun.management.OperatingSystemMXBean;
import io.ghee.Batch;
import io.ghee.Resources;
import io.ghee.train.Checkpointable;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.lang.management.ManagementFactory;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullMarked;

/**
 * What a train function costs by itself: the batches are in memory, and so the same in every epoch; there is one rank. The
 * processor time is that of the process, from when {@value #FROM} of the steps are done until {@value #TO} are.
 */
@NullMarked
public final class BatchesInMemory<T> implements TrainContext<T> {
    /** Where the time that counts begins, as a part of all steps. */
    public static final double FROM = 0.4;
    /** Where it ends. */
    public static final double TO = 0.9;

    private final List<Batch<T>> batches;
    private final List<Batch<T>> heldOut;
    private final int epochs;
    private final Map<String, Double> reported = new TreeMap<>();
    private long step;
    private long records;
    private long cpuNanos;

    /** A context of these batches. */
    public BatchesInMemory(List<Batch<T>> batches, List<Batch<T>> heldOut, int epochs) {
        this.batches = batches;
        this.heldOut = heldOut;
        this.epochs = epochs;
    }

    private record Pass<T>(int number, Iterable<Batch<T>> batches) implements Epoch<T> {
        @Override
        public Iterator<Batch<T>> iterator() {
            return batches.iterator();
        }
    }

    /** Records that were trained on in the time that counts. */
    public long records() {
        return records;
    }

    /** Processor time of the process in the time that counts. */
    public double cpuSeconds() {
        return cpuNanos / 1e9;
    }

    private void count(Batch<T> batch) {
        long steps = (long) epochs * batches.size();
        long from = (long) (FROM * steps);
        long to = (long) (TO * steps);
        if (step == from) {
            cpuNanos -= processNanos();
        } else if (step == to) {
            cpuNanos += processNanos();
        }
        records += step >= from && step < to ? batch.size() : 0;
        step++;
    }

    private static long processNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** The last value of each metric. */
    public Map<String, Double> reported() {
        return reported;
    }

    @Override
    public Iterable<Epoch<T>> epochs() {
        Iterable<Batch<T>> counted = () -> batches.stream().peek(this::count).iterator();
        return IntStream.rangeClosed(1, epochs)
                .<Epoch<T>>mapToObj(number -> new Pass<>(number, counted))
                .toList();
    }

    @Override
    public Epoch<T> heldOut() {
        return new Pass<>(epochs + 1, heldOut);
    }

    @Override
    public int rank() {
        return 0;
    }

    @Override
    public int worldSize() {
        return 1;
    }

    @Override
    public Collective collective() {
        return MemoryCollective.alone();
    }

    @Override
    public void checkpoint(Checkpointable state) {}

    @Override
    public Resources resources() {
        return Resources.replicas(1);
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public void report(String metric, double value) {
        reported.put(metric, value);
    }
}
