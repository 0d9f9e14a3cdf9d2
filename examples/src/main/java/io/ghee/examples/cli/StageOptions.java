package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.Pipeline;
import io.ghee.Resources;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what each stage of a job may take. */
final class StageOptions {
    @Option(
            names = "--replicas",
            paramLabel = "STAGE=N",
            split = ",",
            description = "How many replicas a stage has: preprocess=2,train=1.")
    private @Nullable Map<String, Integer> replicas;

    @Option(
            names = "--cpus",
            paramLabel = "STAGE=N",
            split = ",",
            description = "CPUs of each replica of a stage: preprocess=0.5.")
    private @Nullable Map<String, Double> cpus;

    @Option(
            names = "--memory",
            paramLabel = "STAGE=SIZE",
            split = ",",
            description = "Memory of each replica of a stage: train=2Gi.")
    private @Nullable Map<String, String> memory;

    @Option(names = "--gpus", paramLabel = "STAGE=N", split = ",", description = "GPUs of each replica of a stage.")
    private @Nullable Map<String, Integer> gpus;

    /** The pipeline with these options applied. */
    Pipeline apply(Pipeline pipeline) {
        Pipeline applied = apply(pipeline, "--replicas", replicas, Resources::withReplicas);
        applied = apply(applied, "--cpus", cpus, Resources::cpus);
        applied = apply(applied, "--memory", memory, (resources, size) -> resources.memory(DataSize.parse(size)));
        return apply(applied, "--gpus", gpus, Resources::gpus);
    }

    private static <T> Pipeline apply(
            Pipeline pipeline, String option, @Nullable Map<String, T> given, BiFunction<Resources, T, Resources> how) {
        Pipeline applied = pipeline;
        for (Map.Entry<String, T> each : (given == null ? Map.<String, T>of() : given).entrySet()) {
            try {
                applied = applied.withResources(each.getKey(), resources -> how.apply(resources, each.getValue()));
            } catch (ConfigurationException e) {
                throw new ConfigurationException(
                        option + " " + each.getKey() + "=" + each.getValue() + ": " + e.reason(), e);
            }
        }
        return applied;
    }
}
