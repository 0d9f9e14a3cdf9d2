package io.ghee.examples.cli;

import io.ghee.GheeException;
import io.ghee.StageFailedException;
import io.ghee.examples.PackagedJob;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * {@code ghee}: lists, explains and runs the packaged jobs, and looks after those on a cluster. Results go to stdout, everything else to stderr. Exit codes: 0 ok,
 * 1 the job failed, 2 usage, 3 configuration or input, 4 infrastructure, 130 interrupted.
 */
@Command(
        name = "ghee",
        mixinStandardHelpOptions = true,
        version = "ghee 0.1.0",
        description = "Streams data evenly from storage through CPU workers to GPU workers.",
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    @Option(
            names = "--verbose",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show stack traces of failures and hangs.")
    private boolean verbose;

    private Main() {}

    /** The command line. */
    public static void main(String[] args) {
        if (List.of(args).contains("--verbose")) {
            // Read when something is logged for the first time.
            System.setProperty("ghee.log.hangs", "DEBUG");
        }
        PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());
        PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
        int code = execute(out, err, args);
        giveWayToSignal();
        System.exit(code);
    }

    /**
     * Does not return if a signal is ending this JVM. Then the exit code is the signal's; of what failed because of it, System.exit
     * would take the code if it came between the last hook and the end.
     */
    private static void giveWayToSignal() {
        Thread probe = new Thread(() -> {}, "ghee-probe");
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
        } catch (IllegalStateException e) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException ignored) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs a command line and returns its exit code. */
    static int execute(PrintWriter out, PrintWriter err, String... args) {
        Main main = new Main();
        CommandLine ghee = new CommandLine(main);
        ghee.addSubcommand(new ListJobs());
        ghee.addSubcommand(perJob("explain", "Shows the plan of a job without running it.", ExplainJob::new));
        ghee.addSubcommand(perJob("run", "Runs a job.", RunJob::new));
        ghee.addSubcommand(new MakeImage());
        ghee.addSubcommand(new Doctor());
        Operations.all().forEach(ghee::addSubcommand);
        ghee.addSubcommand(new CommandLine.HelpCommand());
        ghee.setExecutionExceptionHandler((e, command, parsed) -> fail(e, command, main.verbose));
        // The last one wins, so that a script can be called with an option of its own overruled.
        ghee.setOverwrittenOptionsAllowed(true);
        ghee.setCaseInsensitiveEnumValuesAllowed(true);
        return ghee.setOut(out).setErr(err).execute(args);
    }

    private static int fail(Exception e, CommandLine command, boolean verbose) {
        PrintWriter err = command.getErr();
        if (verbose) {
            e.printStackTrace(err);
            if (e instanceof StageFailedException failed) {
                err.println("in the worker: " + failed.failure().stack());
            }
        }
        if (e instanceof GheeException ghee) {
            err.println("ghee: " + ghee.reason());
            return ghee.kind().exitCode();
        }
        err.println("ghee: " + e + (verbose ? "" : " (--verbose shows where)"));
        return 1;
    }

    static List<PackagedJob> jobs() {
        return ServiceLoader.load(PackagedJob.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(PackagedJob::name))
                .toList();
    }

    private interface ForJob {
        Object command(PackagedJob job);
    }

    /** A command with a subcommand for every job, which has the job's options and its own. */
    private static CommandLine perJob(String name, String description, ForJob factory) {
        CommandSpec spec = CommandSpec.create().name(name).mixinStandardHelpOptions(true);
        spec.usageMessage().description(description).synopsisSubcommandLabel("JOB");
        CommandLine command = new CommandLine(spec);
        for (PackagedJob job : jobs()) {
            CommandLine each = new CommandLine(factory.command(job));
            each.getCommandSpec()
                    .name(job.name())
                    .mixinStandardHelpOptions(true)
                    .addMixin("job", CommandSpec.forAnnotatedObject(job));
            each.getCommandSpec().usageMessage().description(name.equals("run") ? job.summary() + "." : description);
            command.addSubcommand(each);
        }
        return command;
    }

    /** {@code ghee list}. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the jobs.")
    private static final class ListJobs implements Runnable {
        @CommandLine.Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public void run() {
            jobs().forEach(job -> spec.commandLine().getOut().printf("%-16s %s%n", job.name(), job.summary()));
        }
    }
}
