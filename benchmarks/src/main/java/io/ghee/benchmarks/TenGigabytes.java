package io.ghee.benchmarks;

import static io.ghee.Resources.replicas;

import io.ghee.Job;
import io.ghee.benchmarks.StoppedConsumer.Parcel;
import io.ghee.process.ProcessLauncher;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Streams far more than the workers have memory through three of them, and tells how fast it went and what they took. */
@Command(
        name = "TenGigabytes",
        mixinStandardHelpOptions = true,
        description = "Streams more than memory through three stages, a process each.")
public final class TenGigabytes implements Callable<Integer> {
    private static final int POLL_MILLIS = 200;
    private static final int RECORD_BYTES = 1024;

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--gigabytes",
            paramLabel = "GB",
            defaultValue = "10",
            description = "How much (default: ${DEFAULT-VALUE}).")
    private double gigabytes;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            defaultValue = "512Mi",
            description = "Memory of each worker (default: ${DEFAULT-VALUE}).")
    private String memory = "";

    @Option(
            names = "--buffers",
            paramLabel = "SIZE",
            defaultValue = "32Mi",
            description = "What each worker may have on the way (default: ${DEFAULT-VALUE}).")
    private String buffers = "";

    private TenGigabytes() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TenGigabytes()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        long records = (long) (gigabytes * 1e9) / RECORD_BYTES;
        MachineClock machine = new MachineClock();
        Job job = new ProcessLauncher()
                .launch(StoppedConsumer.pipeline(
                        records,
                        replicas(1).memory(memory).buffers(buffers),
                        new NumbersSink<>(records, Parcel::number)));
        Map<String, WorkerProcess> last = new TreeMap<>();
        long arrived = 0;
        while (arrived < records) {
            var workers = WorkerProcess.all();
            workers.forEach(worker -> last.put(worker.name(), worker));
            if (workers.isEmpty() && !last.isEmpty()) {
                // It has failed, and await tells why.
                break;
            }
            var stages = job.progress().stages();
            arrived = stages.isEmpty() ? 0 : stages.get(stages.size() - 1).recordsIn();
            Thread.sleep(POLL_MILLIS);
        }
        job.await();
        double cpu = last.values().stream()
                .mapToDouble(worker -> worker.cpu().toNanos() / 1e9)
                .sum();
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%.1f GB in %.1f s, starts included: %.0f MB/s; %.2f CPU s/GB; %.2f processors were busy with something"
                        + " else.%n%n| worker | memory | most RSS |%n|---|--:|--:|%n",
                gigabytes,
                machine.wallSeconds(),
                gigabytes * 1e3 / machine.wallSeconds(),
                cpu / gigabytes,
                machine.otherCores(cpu));
        last.forEach((name, worker) -> out.printf("| %s | %s | %d MiB |%n", name, memory, worker.peakBytes() >> 20));
        out.flush();
        return 0;
    }
}
