package io.ghee;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The execution environment of a stage: how many replicas it has, and what each of them needs. A value: every method
 * returns a changed copy.
 *
 * <pre>{@code replicas(4).gpus(1).cpus(8).memory("32Gi").image("ghee/agent-cuda")}</pre>
 *
 * <p>The local launcher honours the replicas alone, as they are threads of one JVM. Local processes get {@code cpus} as
 * the number of processors their JVM sees, and their heap and direct memory out of {@code memory}.
 */
public final class Resources implements Serializable {
    private static final long serialVersionUID = 1;

    private final int replicas;
    private final int leastReplicas;
    private final double cpus;
    private final @Nullable DataSize memory;
    private final @Nullable DataSize buffers;
    private final int gpus;
    private final @Nullable String image;

    private Resources(
            int leastReplicas,
            int replicas,
            double cpus,
            @Nullable DataSize memory,
            @Nullable DataSize buffers,
            int gpus,
            @Nullable String image) {
        this.buffers = buffers;
        this.replicas = check(replicas >= 1, "replicas", replicas, ">= 1");
        this.leastReplicas = check(
                leastReplicas >= 1 && leastReplicas <= replicas, "least replicas", leastReplicas, "1 to " + replicas);
        this.cpus = check(cpus > 0 && cpus <= 4096, "cpus", cpus, "> 0 and <= 4096");
        this.memory = memory;
        this.gpus = check(gpus >= 0, "gpus", gpus, ">= 0");
        this.image = image;
    }

    /** {@code n} replicas of one CPU each. */
    public static Resources replicas(int n) {
        return replicas(n, n);
    }

    /**
     * {@code least} to {@code most} replicas of one CPU each, for a train stage with checkpoints. It is given {@code most}, and
     * goes on with fewer when some are lost and do not come back within ten seconds; when they do, it takes them in at the next
     * checkpoint.
     */
    public static Resources replicas(int least, int most) {
        return new Resources(least, most, 1, null, null, 0, null);
    }

    /** The same environment with another number of replicas, always as many. */
    public Resources withReplicas(int n) {
        return new Resources(n, n, cpus, memory, buffers, gpus, image);
    }

    /** CPUs of each replica; fractions count as Kubernetes counts them. */
    public Resources cpus(double n) {
        return new Resources(leastReplicas, replicas, n, memory, buffers, gpus, image);
    }

    /** Memory of each replica, all of it: heap, direct buffers and native code. */
    public Resources memory(DataSize size) {
        check(size.bytes() >= 64L << 20, "memory", size, ">= 64 MiB");
        return new Resources(leastReplicas, replicas, cpus, size, buffers, gpus, image);
    }

    /** Memory of each replica, as {@link DataSize#parse} reads it. */
    public Resources memory(String size) {
        return memory(DataSize.parse(size));
    }

    /**
     * Memory that batches on the way may take in each replica: so much for those it sends, until the next stage has done with
     * them, and as much for those it receives. Part of {@link #memory}; a sixteenth of it, between 4 and 32 MiB, if this is
     * not said.
     */
    public Resources buffers(DataSize size) {
        check(size.bytes() >= 64L << 10, "buffers", size, ">= 64 KiB");
        return new Resources(leastReplicas, replicas, cpus, memory, size, gpus, image);
    }

    /** Memory for batches on the way, as {@link DataSize#parse} reads it. */
    public Resources buffers(String size) {
        return buffers(DataSize.parse(size));
    }

    /** GPUs of each replica. */
    public Resources gpus(int n) {
        return new Resources(leastReplicas, replicas, cpus, memory, buffers, n, image);
    }

    /** The container image of each replica; launchers without containers ignore it. */
    public Resources image(String reference) {
        check(!reference.isBlank(), "image", '"' + reference + '"', "an image reference");
        return new Resources(leastReplicas, replicas, cpus, memory, buffers, gpus, reference);
    }

    /** How many there are, or may be. */
    public int replicas() {
        return replicas;
    }

    /** How many there are at least. */
    public int leastReplicas() {
        return leastReplicas;
    }

    public double cpus() {
        return cpus;
    }

    public Optional<DataSize> memory() {
        return Optional.ofNullable(memory);
    }

    public Optional<DataSize> buffers() {
        return Optional.ofNullable(buffers);
    }

    public int gpus() {
        return gpus;
    }

    public Optional<String> image() {
        return Optional.ofNullable(image);
    }

    @Override
    public String toString() {
        String least = leastReplicas == replicas ? "" : leastReplicas + " to ";
        StringBuilder text = new StringBuilder(least + (replicas == 1 ? "1 replica" : replicas + " replicas"));
        String format = cpus == Math.rint(cpus) ? "%.0f" : "%s";
        text.append(", ").append(String.format(Locale.ROOT, format, cpus)).append(cpus == 1 ? " cpu" : " cpus");
        if (memory != null) {
            text.append(", ").append(memory);
        }
        if (buffers != null) {
            text.append(", buffers ").append(buffers);
        }
        if (gpus > 0) {
            text.append(", ").append(gpus).append(gpus == 1 ? " gpu" : " gpus");
        }
        if (image != null) {
            text.append(", ").append(image);
        }
        return text.toString();
    }
}
