package io.ghee.benchmarks;

import io.ghee.benchmarks.Setting.Mode;
import io.ghee.examples.movielens.PlainLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The programs that are there to be measured. */
final class Programs {
    private static final Set<Mode> BOTH = EnumSet.allOf(Mode.class);
    private static final Set<Mode> TRAIN = EnumSet.of(Mode.TRAIN);
    private static final Set<Mode> DRAIN = EnumSet.of(Mode.DRAIN);
    private static final String PYTHON = "/usr/bin/python3";

    private Programs() {}

    /** The packaged job on its two launchers. */
    static List<Program> job(Path script) {
        return List.of(job(script, "processes"), job(script, "local"));
    }

    private static Program job(Path script, String launcher) {
        String report = "report.json";
        return new Program(
                "ghee " + launcher,
                BOTH,
                (setting, directory) -> {
                    List<String> command = new ArrayList<>(List.of(
                            script.toAbsolutePath().toString(),
                            "run",
                            "movielens-fm",
                            "--input=" + setting.input(),
                            "--preprocess-rounds=" + setting.n(),
                            "--epochs=" + setting.epochs(),
                            "--launcher=" + launcher,
                            "--output=" + directory.resolve("model"),
                            "--report=" + directory.resolve(report)));
                    if (setting.drains()) {
                        command.add("--drain");
                    }
                    return command;
                },
                report);
    }

    /** One thread, no framework: the job's own parse, features and train step in a loop. */
    static Program plainLoop() {
        return new Program("plain loop", BOTH, (setting, directory) -> {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    PlainLoop.class.getName(),
                    setting.input().toString(),
                    Integer.toString(setting.n()),
                    Integer.toString(setting.epochs())));
            if (setting.drains()) {
                command.add("--drain");
            }
            return command;
        });
    }

    /**
     * The programs of other frameworks in a directory.
     *
     * @param skipped is told which are not there or cannot run, and why
     */
    static List<Program> peers(Path directory, Consumer<String> skipped) throws IOException, InterruptedException {
        List<Program> programs = new ArrayList<>();
        python(programs, skipped, directory, BOTH, "DataLoader", "loader_fm.py", "torch, pandas");
        python(programs, skipped, directory, BOTH, "Dask", "dask_fm.py", "torch, dask.distributed, dask.dataframe");
        // Preprocesses before its clock starts, so that there is nothing to drain.
        python(programs, skipped, directory, TRAIN, "in memory", "ideal_fm.py", "torch, pandas");
        jvm(programs, skipped, directory.resolve("jvm"), DRAIN, "two threads", "PlainData");
        jvm(programs, skipped, directory.resolve("jvm"), DRAIN, "Jet", "JetData");
        jvm(programs, skipped, directory.resolve("jvm-spark"), DRAIN, "Spark", "SparkData");
        jvm(programs, skipped, directory.resolve("jvm-djl"), TRAIN, "DJL in memory", "DjlIdeal");
        return programs;
    }

    private static void python(
            List<Program> programs,
            Consumer<String> skipped,
            Path directory,
            Set<Mode> modes,
            String name,
            String script,
            String imports)
            throws IOException, InterruptedException {
        Path file = directory.resolve(script);
        if (!Files.exists(file)) {
            skipped.accept(name + ": no " + file);
        } else if (!imports(imports)) {
            skipped.accept(name + ": " + PYTHON + " cannot import " + imports);
        } else {
            programs.add(new Program(name, modes, (setting, scratch) -> {
                List<String> command = new ArrayList<>(List.of(
                        PYTHON,
                        file.toString(),
                        setting.input().toString(),
                        "-n",
                        Integer.toString(setting.n()),
                        "--epochs",
                        Integer.toString(setting.epochs())));
                if (setting.drains()) {
                    command.add("--drain");
                }
                return command;
            }));
        }
    }

    private static boolean imports(String modules) throws IOException, InterruptedException {
        if (!Files.isExecutable(Path.of(PYTHON))) {
            return false;
        }
        Process python = new ProcessBuilder(PYTHON, "-c", "import " + modules)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        boolean ended = python.waitFor(1, TimeUnit.MINUTES);
        python.destroyForcibly();
        return ended && python.exitValue() == 0;
    }

    private static void jvm(
            List<Program> programs,
            Consumer<String> skipped,
            Path directory,
            Set<Mode> modes,
            String name,
            String main) {
        if (!Files.exists(directory.resolve("cp.txt"))) {
            skipped.accept(name + ": no " + directory.resolve("cp.txt") + "; it has not been built");
            return;
        }
        programs.add(new Program(
                name,
                modes,
                (setting, scratch) -> List.of(
                        "/bin/sh",
                        directory.resolve("run.sh").toString(),
                        main,
                        setting.input().toString(),
                        Integer.toString(setting.n()),
                        Integer.toString(setting.epochs()))));
    }
}
