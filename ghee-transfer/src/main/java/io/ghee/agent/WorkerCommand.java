package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.Resources;
import io.ghee.plan.PlannedStage;
import java.util.ArrayList;
import java.util.List;

/** The command line of a worker's JVM, and its environment. */
public final class WorkerCommand {
    private WorkerCommand() {}

    /**
     * What follows {@code java}: who the worker is, its execution environment, and its main class.
     *
     * @param life counts how often the replica was started, from 0
     */
    public static List<String> arguments(String job, PlannedStage stage, int replica, int life, Class<?> main) {
        List<String> command = new ArrayList<>();
        command.add("-Dghee.job=" + job);
        command.add("-Dghee.stage=" + stage.name());
        command.add("-Dghee.replica=" + replica);
        command.add("-Dghee.life=" + life);
        command.addAll(options(stage.resources()));
        command.add(main.getName());
        return command;
    }

    /**
     * The execution environment as options of a JVM: the processors it sees, and of the memory three fifths as heap and a
     * quarter as direct buffers; the rest is left to code, threads and native libraries.
     */
    static List<String> options(Resources resources) {
        List<String> options = new ArrayList<>();
        options.add("-XX:ActiveProcessorCount=" + Math.max(1, (int) Math.ceil(resources.cpus())));
        options.add("-XX:+ExitOnOutOfMemoryError");
        resources.memory().ifPresent(memory -> {
            options.add("-Xmx" + memory.bytes() * 3 / 5);
            options.add("-XX:MaxDirectMemorySize=" + memory.bytes() / 4);
        });
        return options;
    }

    /** An environment variable that every worker has. */
    static String env(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new InfrastructureException(
                    "environment variable " + name + " is not set (an agent is started by a launcher)");
        }
        return value;
    }

    /** A system property that every worker has. */
    static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new InfrastructureException(
                    "system property " + name + " is not set (an agent is started by a launcher)");
        }
        return value;
    }
}
