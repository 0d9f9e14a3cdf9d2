package io.ghee.benchmarks;

import static io.ghee.Resources.replicas;

import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.Resources;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.JobProgress.StageProgress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What becomes of the memory when the last stage of three stops taking, while the first one has no end of records: the sink
 * stops for some minutes, goes on, and everything has to have arrived in the end.
 */
@Command(
        name = "StoppedConsumer",
        mixinStandardHelpOptions = true,
        description = "Watches the memory of a pipeline whose sink stops for a while.")
public final class StoppedConsumer implements Callable<Integer> {
    private static final int RECORD_BYTES = 1024;
    private static final int SECOND_MILLIS = 1000;

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--minutes",
            paramLabel = "M",
            defaultValue = "3",
            description = "How long the sink stops (default: ${DEFAULT-VALUE}).")
    private double minutes;

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

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "4000000",
            description = "Records of 1 KiB (default: ${DEFAULT-VALUE}).")
    private long records;

    private StoppedConsumer() {}

    /** A record of 1 KiB. */
    record Parcel(long number, byte[] body) {
        private static final byte[] BODY = Numbered.template(RECORD_BYTES - Long.BYTES);

        static Parcel of(long number) {
            return new Parcel(number, BODY);
        }
    }

    /** The most that a worker has had. */
    private static final class Peaks {
        private long moving;
        private long stopped;
    }

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new StoppedConsumer()).execute(args));
    }

    /** Three stages that pass parcels on. */
    static Pipeline pipeline(long records, Resources resources, NumbersSink<Parcel> sink) {
        return Pipeline.named("parcels")
                .readFrom(new Sequence<>(records, Parcel::of))
                .stage("read", resources)
                .batch(RECORD_BYTES)
                .stage("pass", resources)
                .unbatch()
                .batch(RECORD_BYTES)
                .stage("write", resources)
                .writeTo(sink);
    }

    @Override
    public Integer call() throws InterruptedException {
        Duration stop = Duration.ofMillis((long) (minutes * 60_000));
        NumbersSink<Parcel> sink = new NumbersSink<>(records, Parcel::number, records / 2, stop);
        Job job = new ProcessLauncher()
                .launch(pipeline(records, replicas(1).memory(memory).buffers(buffers), sink));
        Map<String, Peaks> peaks = new TreeMap<>();
        long before = -1;
        double stoppedSeconds = 0;
        long start = System.nanoTime();
        boolean over = false;
        while (!over) {
            List<StageProgress> stages = job.progress().stages();
            long arrived = stages.isEmpty() ? 0 : stages.get(stages.size() - 1).recordsIn();
            boolean stopped = arrived > 0 && arrived == before;
            before = arrived;
            stoppedSeconds += stopped ? SECOND_MILLIS / 1e3 : 0;
            StringBuilder line = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%4.0f s, %,d records arrived%s:",
                    (System.nanoTime() - start) / 1e9,
                    arrived,
                    stopped ? ", stopped" : ""));
            for (WorkerProcess worker : WorkerProcess.all()) {
                Peaks own = peaks.computeIfAbsent(worker.name(), name -> new Peaks());
                if (stopped) {
                    own.stopped = Math.max(own.stopped, worker.residentBytes());
                } else {
                    own.moving = Math.max(own.moving, worker.residentBytes());
                }
                line.append(String.format(Locale.ROOT, " %s %d MiB", worker.name(), worker.residentBytes() >> 20));
            }
            say(line.toString());
            over = ended(job);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%,d records of 1 KiB have arrived, after a stop of %.0f s.%n%n"
                        + "| worker | memory | buffers | most RSS while they moved | most RSS while stopped |%n"
                        + "|---|--:|--:|--:|--:|%n",
                records,
                stoppedSeconds);
        peaks.forEach((name, own) -> out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %d MiB | %d MiB |%n",
                name,
                DataSize.parse(memory),
                DataSize.parse(buffers),
                own.moving >> 20,
                own.stopped >> 20));
        out.flush();
        return 0;
    }

    /** Waits for a second. */
    private static boolean ended(Job job) throws InterruptedException {
        long deadline = System.nanoTime() + SECOND_MILLIS * 1_000_000L;
        try {
            job.await(Duration.ofMillis(SECOND_MILLIS));
            return true;
        } catch (InfrastructureException e) {
            if (System.nanoTime() < deadline) {
                throw e;
            }
            return false;
        }
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
