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
        python(programs, skipped, directory, "DataLoader", "loader_fm.py", "torch, pandas");
        python(programs, skipped, directory, "Dask", "dask_fm.py", "torch, dask.distributed, dask.dataframe");
        python(programs, skipped, directory, "in memory", "ideal_fm.py", "torch, pandas");
        jvm(programs, skipped, directory.resolve("jvm"), "two threads", "PlainData", Mode.DRAIN);
        jvm(programs, skipped, directory.resolve("jvm"), "Jet", "JetData", Mode.DRAIN);
        jvm(programs, skipped, directory.resolve("jvm-spark"), "Spark", "SparkData", Mode.DRAIN);
        jvm(programs, skipped, directory.resolve("jvm-djl"), "DJL in memory", "DjlIdeal", Mode.TRAIN);
        return programs;
    }

    private static void python(
            List<Program> programs,
            Consumer<String> skipped,
            Path directory,
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
            programs.add(new Program(name, BOTH, (setting, scratch) -> {
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
            List<Program> programs, Consumer<String> skipped, Path directory, String name, String main, Mode mode) {
        if (!Files.exists(directory.resolve("cp.txt"))) {
            skipped.accept(name + ": no " + directory.resolve("cp.txt") + "; it has not been built");
            return;
        }
        programs.add(new Program(
                name,
                EnumSet.of(mode),
                (setting, scratch) -> List.of(
                        "/bin/sh",
                        directory.resolve("run.sh").toString(),
                        main,
                        setting.input().toString(),
                        Integer.toString(setting.n()),
                        Integer.toString(setting.epochs()))));
    }
}
