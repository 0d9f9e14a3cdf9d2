package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.k8s.Finding;
import io.ghee.k8s.Kubernetes;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code ghee doctor}: looks whether this machine, and the cluster if one is configured, have what jobs need. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Looks whether this machine, and the cluster if one is configured, have what jobs need.")
final class Doctor implements Callable<Integer> {
    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--namespace",
            paramLabel = "NAME",
            description = "Of the cluster (default: the context's namespace).")
    private @Nullable String namespace;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<Finding> findings = new ArrayList<>(List.of(java(), machine(), hadoop()));
        findings.addAll(cluster());
        findings.forEach(
                each -> out.printf("%-6s %-16s %s%n", each.ok() ? "ok" : "failed", each.what(), each.detail()));
        boolean healthy = findings.stream().allMatch(Finding::ok);
        return healthy ? 0 : io.ghee.GheeException.Kind.CONFIGURATION.exitCode();
    }

    private static Finding java() {
        return new Finding(
                "java",
                true,
                Runtime.version() + " of " + System.getProperty("java.vendor") + " in "
                        + System.getProperty("java.home"));
    }

    private static Finding machine() {
        long memory =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                        ? os.getTotalMemorySize()
                        : 0;
        return new Finding(
                "machine", true, Runtime.getRuntime().availableProcessors() + " cpus, " + memory / (1 << 20) + " MiB");
    }

    private static Finding hadoop() {
        @Nullable String directory = System.getenv("HADOOP_CONF_DIR");
        if (directory == null) {
            return new Finding("hadoop", true, "no HADOOP_CONF_DIR: file systems are known by their URIs alone");
        }
        boolean there = Files.isReadable(Path.of(directory, "core-site.xml"));
        return new Finding(
                "hadoop",
                there,
                there ? directory : "HADOOP_CONF_DIR " + directory + ": no core-site.xml that can be read");
    }

    private List<Finding> cluster() {
        try {
            return (namespace == null ? new Kubernetes() : Kubernetes.namespace(namespace)).examine();
        } catch (ConfigurationException e) {
            return List.of(new Finding("kubernetes", namespace == null, e.reason()));
        }
    }
}
