package io.ghee.run;

import io.ghee.run.WorkerProgress.Point;
import io.ghee.train.EarlyStopping;
import io.ghee.train.Trial;
import io.ghee.train.Trials;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How the trials of a sweep do, and which of them are to stop. They are told by a replica of theirs; what rank 0 reports counts.
 * Guarded by the driver.
 */
final class Sweep {
    private final Trials trials;
    private final int teamSize;
    private final List<Standing> standings = new ArrayList<>();
    /** After how many values the trials have been compared last. */
    private int judged;

    /** How one trial does. */
    private static final class Standing {
        private TrialProgress.State state = TrialProgress.State.RUNNING;
        private String reason = "";
        /** By rank, how many records it was trained on. */
        private final Map<Integer, Long> records = new HashMap<>();

        private final StepOrders orders = new StepOrders(Checkpointing.ASK_NANOS);
        /** The last value of each metric. */
        private final Map<String, Double> last = new TreeMap<>();
        /** Of the metric that decides: the best value so far, and the sum, after each value. */
        private final List<Double> best = new ArrayList<>();

        private final List<Double> sums = new ArrayList<>();

        boolean isRunning() {
            return state == TrialProgress.State.RUNNING;
        }

        void add(double value) {
            int count = best.size();
            best.add(count == 0 ? value : Math.min(best.get(count - 1), value));
            sums.add(count == 0 ? value : sums.get(count - 1) + value);
        }
    }

    Sweep(Trials trials, int teamSize) {
        this.trials = trials;
        this.teamSize = teamSize;
        for (int k = 0; k < trials.size(); k++) {
            standings.add(new Standing());
        }
    }

    private Standing of(int replica) {
        return standings.get(replica / teamSize);
    }

    /** A trial has reported this since the last time. */
    void report(int replica, WorkerProgress now) {
        Standing trial = of(replica);
        trial.records.put(replica, now.training().records());
        if (replica % teamSize > 0) {
            return;
        }
        now.points().forEach((metric, points) -> {
            for (Point point : points) {
                trial.last.put(metric, point.value());
                if (metric.equals(trials.stopping().metric())) {
                    trial.add(point.value());
                }
            }
        });
        judge();
    }

    /** The stream keeps the trials at about the same pace: so they are compared when all that run have come as far. */
    private void judge() {
        while (standings.stream().anyMatch(Standing::isRunning)
                && standings.stream().filter(Standing::isRunning).allMatch(trial -> trial.best.size() > judged)) {
            int count = ++judged;
            List<Standing> worse = standings.stream()
                    .filter(trial -> trial.isRunning() && isWorse(trial, count))
                    .toList();
            for (Standing trial : worse) {
                trial.state = TrialProgress.State.STOPPED;
                trial.reason = "%s %.6g after %d values, worse than others"
                        .formatted(trials.stopping().metric(), trial.best.get(count - 1), count);
            }
        }
    }

    private boolean isWorse(Standing trial, int count) {
        EarlyStopping how = trials.stopping();
        double mine = trial.best.get(count - 1);
        Stream<Standing> others = standings.stream().filter(other -> other != trial && other.best.size() >= count);
        return switch (how.kind()) {
            case NEVER -> false;
            case MEDIAN -> {
                double[] averages = others.mapToDouble(other -> other.sums.get(count - 1) / count)
                        .sorted()
                        .toArray();
                yield count >= how.points() && averages.length > 0 && mine > averages[averages.length / 2];
            }
            case HALVING -> {
                long running = standings.stream().filter(Standing::isRunning).count();
                long better = others.filter(other -> other.isRunning() && other.best.get(count - 1) < mine)
                        .count();
                yield isRung(count) && better >= Math.max(1, running / how.factor());
            }
        };
    }

    private boolean isRung(int count) {
        long rung = trials.stopping().points();
        while (rung < count) {
            rung *= trials.stopping().factor();
        }
        return rung == count;
    }

    /** True if a trial is to end now. */
    boolean isStopped(int replica) {
        return of(replica).state == TrialProgress.State.STOPPED;
    }

    /** What the ranks of a trial are to do at the end of a step. */
    Coordinator.StepOrder at(int replica, long step) {
        return of(replica).orders.at(step, teamSize, next -> new Coordinator.StepOrder("", isStopped(replica), next));
    }

    /** A trial has failed; the first reason counts. */
    void failed(int replica, String reason) {
        Standing trial = of(replica);
        if (trial.state != TrialProgress.State.FAILED) {
            trial.state = TrialProgress.State.FAILED;
            trial.reason = reason;
        }
    }

    /** True if a trial has failed. */
    boolean hasFailed(int replica) {
        return of(replica).state == TrialProgress.State.FAILED;
    }

    /** The replicas of the trial that has this one. */
    List<Integer> team(int replica) {
        int first = replica / teamSize * teamSize;
        return IntStream.range(first, first + teamSize).boxed().toList();
    }

    /** A trial has come to its end, or to where it was stopped. */
    void ended(int replica) {
        Standing trial = of(replica);
        if (trial.state == TrialProgress.State.RUNNING) {
            trial.state = TrialProgress.State.ENDED;
        }
    }

    /** True if no trial has come to a good end. */
    boolean haveAllFailed() {
        return standings.stream().allMatch(trial -> trial.state == TrialProgress.State.FAILED);
    }

    List<TrialProgress> progress() {
        List<TrialProgress> all = new ArrayList<>();
        for (Trial trial : trials.all()) {
            Standing its = standings.get(trial.number() - 1);
            long records = its.records.values().stream().mapToLong(each -> each).sum();
            all.add(new TrialProgress(trial, its.state, its.reason, records, new TreeMap<>(its.last)));
        }
        return all;
    }
}
