package io.ghee.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The memory that a worker's JVM takes, in bytes.
 *
 * @param heap used by objects
 * @param heapLimit the most that it may become
 * @param direct used by direct buffers
 * @param resident of the process as the kernel counts it, native libraries included; 0 where it does not tell
 */
public record Memory(long heap, long heapLimit, long direct, long resident) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private static final List<BufferPoolMXBean> POOLS = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);

    static Memory now() {
        Runtime runtime = Runtime.getRuntime();
        long direct = 0;
        for (BufferPoolMXBean pool : POOLS) {
            if (pool.getName().equals("direct")) {
                direct = pool.getMemoryUsed();
            }
        }
        return new Memory(runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory(), direct, measureResident());
    }

    private static long measureResident() {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(RESIDENT))
                    .map(line ->
                            line.substring(RESIDENT.length()).replace("kB", "").strip())
                    .mapToLong(kibibytes -> Long.parseLong(kibibytes) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    @Override
    public String toString() {
        return "heap " + mebibytes(heap) + " of " + mebibytes(heapLimit) + ", direct buffers " + mebibytes(direct)
                + (resident == 0 ? "" : ", resident " + mebibytes(resident));
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
