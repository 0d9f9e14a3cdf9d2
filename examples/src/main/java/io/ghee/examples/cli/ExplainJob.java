package io.ghee.examples.cli;

import io.ghee.examples.PackagedJob;
import io.ghee.plan.ExplainFormat;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code ghee explain JOB}. */
@Command
final class ExplainJob implements Runnable {
    private final PackagedJob job;

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CommonOptions options = new CommonOptions();

    @Option(
            names = "--format",
            paramLabel = "text|json|dot",
            defaultValue = "text",
            description = "For people, for programs, or for Graphviz.")
    private ExplainFormat format = ExplainFormat.TEXT;

    ExplainJob(PackagedJob job) {
        this.job = job;
    }

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .println(options.pipeline(job).explain(format).stripTrailing());
    }
}
