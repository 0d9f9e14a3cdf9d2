package io.ghee.testing;

import io.ghee.Job;
import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** The workers of a job, be they processes or threads, as seen from outside. Used by one thread. */
final class Sightings {
    private static final Duration DUMP = Duration.ofSeconds(10);

    private final WorkerControl processes;
    private final String job;
    private final boolean threads;
    private final List<String> names = new ArrayList<>();

    /**
     * Nothing seen so far.
     *
     * @param threads true if the workers are threads of this JVM
     */
    Sightings(Job job, List<PlannedStage> stages, boolean threads) {
        this.job = job.name();
        this.processes = WorkerControl.of(job);
        this.threads = threads;
        for (PlannedStage stage : stages) {
            for (int replica = 0; replica < stage.replicas(); replica++) {
                names.add(stage.name() + "-" + replica);
            }
        }
    }

    /** The threads of the job, each with the worker that it is. */
    private Map<Thread, String> threads() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root.getParent() != null) {
            root = root.getParent();
        }
        Thread[] all = new Thread[2 * root.activeCount() + 16];
        int count = root.enumerate(all);
        return Arrays.stream(all, 0, count)
                .filter(thread -> names.stream().anyMatch(name -> isOf(thread, name)))
                .collect(Collectors.toMap(
                        thread -> thread,
                        thread -> names.stream()
                                .filter(name -> isOf(thread, name))
                                .findFirst()
                                .orElseThrow()));
    }

    /** True for {@code job/read-1}, and with anything behind it that is no digit. */
    private boolean isOf(Thread thread, String worker) {
        String name = job + "/" + worker;
        return thread.getName().startsWith(name)
                && (thread.getName().length() == name.length()
                        || !Character.isDigit(thread.getName().charAt(name.length())));
    }

    /** True while a worker is there. */
    boolean isAnyThere() {
        return threads ? !threads().isEmpty() : !processes.workers().isEmpty();
    }

    /** Kills the processes that are left; threads cannot be. */
    List<String> killRest() {
        List<WorkerControl.Worker> rest = processes.workers();
        rest.forEach(processes::kill);
        return rest.stream().map(WorkerControl.Worker::toString).toList();
    }

    /** Each worker, its state and memory, and what its threads are at. */
    String describe() throws InterruptedException {
        StringBuilder text = new StringBuilder();
        if (threads) {
            threads().forEach((thread, name) -> {
                text.append("\n").append(thread.getName()).append(", ").append(thread.getState());
                for (StackTraceElement frame : thread.getStackTrace()) {
                    text.append("\n    at ").append(frame);
                }
            });
        }
        for (WorkerControl.Worker worker : processes.workers()) {
            String state = processes.state(worker);
            text.append("\n").append(worker).append(", ").append(state);
            text.append(", ").append(mebibytes(processes.residentBytes(worker))).append(" resident, at most ");
            text.append(mebibytes(processes.peakResidentBytes(worker))).append("\n");
            // One that stands still would not answer.
            text.append(processes.isPaused(worker) ? "no thread dump" : processes.threadDump(worker, DUMP));
        }
        return text.isEmpty() ? "\nno worker is there" : text.toString();
    }

    private static String mebibytes(OptionalLong bytes) {
        return bytes.isPresent() ? String.format(Locale.ROOT, "%d MiB", bytes.getAsLong() >> 20) : "? MiB";
    }
}
