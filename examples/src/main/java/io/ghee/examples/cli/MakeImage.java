package io.ghee.examples.cli;

import io.ghee.k8s.image.AgentImage;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code ghee image}: makes the image that pods run. */
@Command(
        name = "image",
        mixinStandardHelpOptions = true,
        description = "Makes the image that pods run, with the jars of this installation, without a container daemon.")
final class MakeImage implements Callable<Integer> {
    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--base",
            paramLabel = "REF",
            defaultValue = "eclipse-temurin:17-jre",
            description = "What it is made from: an image in a registry, or tar://FILE; with java on its path"
                    + " (default: ${DEFAULT-VALUE}).")
    private String base = "";

    @Option(
            names = "--name",
            paramLabel = "REF",
            defaultValue = "ghee-agent:latest",
            description = "What it is called (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Option(
            names = "--output",
            paramLabel = "FILE",
            required = true,
            description = "The archive to write, for docker load, ctr images import and the like.")
    private Path output = Path.of("");

    @Override
    public Integer call() throws InterruptedException {
        AgentImage.write(base, name, output);
        spec.commandLine().getOut().println(output);
        return 0;
    }
}
