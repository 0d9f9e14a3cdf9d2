package io.ghee.benchmarks;

import static io.ghee.Resources.replicas;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What it costs that a lost worker may begin again, and that data is sealed: a pipeline of three stages in a process each,
 * with and without, in turns. It is measured from when {@value #FROM} of the records have arrived until {@value #TO} have,
 * so that neither the start nor the end count.
 */
@Command(
        name = "EndToEnd",
        mixinStandardHelpOptions = true,
        description = "Measures a pipeline of three processes with and without following origins, and sealed.")
public final class EndToEnd implements Callable<Integer> {
    private static final double FROM = 0.4;
    private static final double TO = 0.95;
    private static final int POLL_MILLIS = 20;

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--rounds",
            paramLabel = "R",
            defaultValue = "5",
            description = "How often each is run (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "60000000",
            description = "Records of 20 bytes in each run (default: ${DEFAULT-VALUE}).")
    private long records;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Records of a batch (default: ${DEFAULT-VALUE}).")
    private int batch;

    private EndToEnd() {}

    /** Twenty bytes. */
    record Tick(long number, int user, float x, float y) {
        static Tick of(long number) {
            return new Tick(number, (int) number, number & 0xFF, 1);
        }

        Tick next() {
            return new Tick(number, user, x + 1, y);
        }
    }

    /** One run. */
    private record Run(double perSecond, double cpuMicros, double otherCores) {}

    /** One way to run it. */
    private record Way(Launcher launcher, Pipeline pipeline) {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new EndToEnd()).execute(args));
    }

    private Pipeline pipeline() {
        return Pipeline.named("end-to-end")
                .readFrom(new Sequence<>(records, Tick::of))
                .stage("read", replicas(1).memory("512Mi"))
                .map(Tick::next)
                .batch(batch)
                .stage("change", replicas(1).memory("512Mi"))
                .unbatch()
                .map(Tick::next)
                .batch(batch)
                .stage("write", replicas(1).memory("512Mi"))
                .writeTo(new NumbersSink<>(records, Tick::number));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Map<String, Way> ways = new LinkedHashMap<>();
        ways.put(
                "no restarts, origins not followed",
                new Way(new ProcessLauncher(), pipeline().withRestarts(0)));
        ways.put("restarts, origins followed", new Way(new ProcessLauncher(), pipeline()));
        ways.put("the same, sealed", new Way(new ProcessLauncher().sealed(), pipeline()));
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (Map.Entry<String, Way> way : ways.entrySet()) {
                Run run = run(way.getValue());
                runs.computeIfAbsent(way.getKey(), name -> new ArrayList<>()).add(run);
                say(String.format(
                        Locale.ROOT,
                        "round %d, %s: %,.0f records/s, %.3f us CPU each, %.2f processors busy with something else",
                        round,
                        way.getKey(),
                        run.perSecond(),
                        run.cpuMicros(),
                        run.otherCores()));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(runs));
        out.flush();
        return 0;
    }

    private Run run(Way way) throws IOException, InterruptedException {
        Job job = way.launcher().launch(way.pipeline());
        Moment from = Moment.when(job, (long) (FROM * records));
        Moment to = Moment.when(job, (long) (TO * records));
        job.await();
        double seconds = (to.nanos() - from.nanos()) / 1e9;
        double arrived = to.arrived() - (double) from.arrived();
        double cpu = to.cpuSeconds() - from.cpuSeconds();
        double others = to.busySeconds() - from.busySeconds() - cpu;
        return new Run(arrived / seconds, 1e6 * cpu / arrived, Math.max(0, others) / seconds);
    }

    private record Moment(long nanos, long arrived, double cpuSeconds, double busySeconds) {
        /** As soon as so many records have arrived, and are reported. */
        static Moment when(Job job, long arrived) throws IOException, InterruptedException {
            boolean started = false;
            while (true) {
                JobProgress progress = job.progress();
                List<JobProgress.StageProgress> stages = progress.stages();
                long now = stages.isEmpty() ? 0 : stages.get(stages.size() - 1).recordsIn();
                List<WorkerProcess> workers = WorkerProcess.all();
                if (now >= arrived) {
                    return new Moment(
                            System.nanoTime(), now, WorkerProcess.cpuSeconds(workers), MachineClock.busySeconds());
                }
                started |= !workers.isEmpty();
                if (started && workers.isEmpty()) {
                    // It has failed, and this tells why.
                    job.await();
                    throw new IOException("the job has ended with " + now + " records (expected: " + arrived + ")");
                }
                Thread.sleep(POLL_MILLIS);
            }
        }
    }

    private static String table(Map<String, List<Run>> runs) {
        List<Run> first = runs.values().iterator().next();
        StringBuilder table = new StringBuilder("| three stages | records/s | / the first | CPU us/record | / the first"
                + " | processors busy with something else |\n|---|--:|--:|--:|--:|--:|");
        runs.forEach((name, own) -> {
            List<Double> speed = new ArrayList<>();
            List<Double> cpu = new ArrayList<>();
            for (int round = 0; round < own.size(); round++) {
                speed.add(own.get(round).perSecond() / first.get(round).perSecond());
                cpu.add(own.get(round).cpuMicros() / first.get(round).cpuMicros());
            }
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %s | %,.0f | %.2f | %.3f | %.2f | %.2f |",
                    name,
                    Comparison.median(own.stream().map(Run::perSecond).toList()),
                    Comparison.median(speed),
                    Comparison.median(own.stream().map(Run::cpuMicros).toList()),
                    Comparison.median(cpu),
                    Comparison.median(own.stream().map(Run::otherCores).toList())));
        });
        return table.toString();
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
