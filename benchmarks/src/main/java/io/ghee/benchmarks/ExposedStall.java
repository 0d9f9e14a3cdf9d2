package io.ghee.benchmarks;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.examples.movielens.PacedTraining;
import io.ghee.examples.movielens.PacedTraining.Pass;
import io.ghee.run.JobProgress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * How long a trainer waits for data that is preprocessed somewhat faster than it needs it. First the pipeline is drained, which
 * tells what it can deliver; then each step takes as long as makes that {@code --capacity} times what is needed, as in MLPerf
 * Storage. The first epoch, in which readers start and their code is compiled, is told for itself.
 */
@Command(
        name = "ExposedStall",
        mixinStandardHelpOptions = true,
        description = "Measures how long a trainer with steps of a fixed time waits for data.")
public final class ExposedStall implements Callable<Integer> {
    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RatingsFile ratings = new RatingsFile();

    @Option(
            names = "--launchers",
            paramLabel = "L",
            split = ",",
            defaultValue = "processes,local",
            description = "Default: ${DEFAULT-VALUE}.")
    private List<String> launchers = List.of();

    @Option(
            names = "--ranks",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,2",
            description = "Trainers (default: ${DEFAULT-VALUE}).")
    private List<Integer> ranks = List.of();

    @Option(
            names = "--readers",
            paramLabel = "N",
            defaultValue = "1",
            description = "Replicas that read and preprocess (default: ${DEFAULT-VALUE}).")
    private int readers;

    @Option(
            names = "--n",
            paramLabel = "n",
            defaultValue = "512",
            description = "How heavy preprocessing is (default: ${DEFAULT-VALUE}).")
    private int n;

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "6",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--capacity",
            paramLabel = "F",
            defaultValue = "1.2",
            description = "What can be delivered over what is needed (default: ${DEFAULT-VALUE}).")
    private double capacity;

    private ExposedStall() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new ExposedStall()).execute(args));
    }

    /**
     * A run.
     *
     * @param passes of each rank, by epoch
     */
    private record Run(List<List<Pass>> passes, double otherCores) {
        /** What a rank has been through from the second epoch on. */
        Pass later(int rank) {
            List<Pass> of = passes.get(rank);
            return of.subList(1, of.size()).stream().reduce(Pass::plus).orElseThrow();
        }

        /** Records that all ranks together take in a second, from the second epoch on. */
        double perSecond() {
            return IntStream.range(0, passes.size())
                    .mapToObj(this::later)
                    .mapToDouble(pass -> pass.records() / pass.seconds())
                    .sum();
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        out.println("| | ranks | capacity, records/s | step, ms | steps of a rank | busy with else: draining | training"
                + " | training / steps | waiting, of each rank: first epoch | later epochs | of these, between epochs |\n"
                + "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (String launcher : launchers) {
            for (int size : ranks) {
                Run drained = run(launcher, size, 0);
                Pass one = drained.later(0);
                double batch = (double) one.records() / one.steps();
                long stepNanos = (long) (1e9 * capacity * batch * size / drained.perSecond());
                out.println(line(launcher, drained, stepNanos, run(launcher, size, stepNanos)));
                out.flush();
            }
        }
        return 0;
    }

    private static String line(String launcher, Run drained, long stepNanos, Run paced) {
        int size = paced.passes().size();
        List<String> first = new ArrayList<>();
        List<String> later = new ArrayList<>();
        List<String> turning = new ArrayList<>();
        double longest = 0;
        for (int rank = 0; rank < size; rank++) {
            Pass start = paced.passes().get(rank).get(0);
            Pass rest = paced.later(rank);
            first.add(percent(start.stalled() / start.seconds()));
            later.add(percent(rest.stalled() / rest.seconds()));
            turning.add(percent(rest.turning() / rest.seconds()));
            longest = Math.max(longest, rest.seconds() / (rest.steps() * stepNanos / 1e9));
        }
        return String.format(
                Locale.ROOT,
                "| %s | %d | %,.0f | %.1f | %d | %.2f | %.2f | %.3f | %s | %s | %s |",
                launcher,
                size,
                drained.perSecond(),
                stepNanos / 1e6,
                paced.later(0).steps(),
                drained.otherCores(),
                paced.otherCores(),
                longest,
                String.join(", ", first),
                String.join(", ", later),
                String.join(", ", turning));
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }

    private Run run(String launcher, int size, long stepNanos) throws IOException, InterruptedException {
        Path output = Files.createTempDirectory("ghee-paced-");
        Pipeline pipeline =
                PacedTraining.pipeline(ratings.made(), n, epochs, readers, size, stepNanos, output.resolve("nothing"));
        MachineClock machine = new MachineClock();
        CpuWatch cpu = CpuWatch.start();
        Job job = Ghee.launcher(launcher).launch(pipeline);
        JobProgress end = job.await();
        double others = machine.otherCores(cpu.stop().cpuSeconds());
        List<List<Pass>> passes = IntStream.range(0, size)
                .mapToObj(rank -> PacedTraining.passes(end, rank))
                .toList();
        for (int rank = 0; rank < size; rank++) {
            for (Pass pass : passes.get(rank)) {
                spec.commandLine()
                        .getErr()
                        .printf(
                                Locale.ROOT,
                                "%s, step of %.1f ms, rank %d of %d: %s, %.2f processors busy with something else%n",
                                launcher,
                                stepNanos / 1e6,
                                rank,
                                size,
                                pass,
                                others);
            }
        }
        spec.commandLine().getErr().flush();
        return new Run(passes, others);
    }
}
