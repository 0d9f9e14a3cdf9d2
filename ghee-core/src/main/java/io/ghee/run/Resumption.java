package io.ghee.run;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.plan.Plan;
import io.ghee.sink.ResumableSink;
import io.ghee.source.Split;
import io.ghee.source.UnboundedSource;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the driver takes over from earlier attempts of a job whose sink commits on the way: in the beginning those of earlier
 * jobs of the same name, later its own. Guarded by the driver.
 */
final class Resumption {
    private final String job;
    private final ResumableSink<?> sink;
    private final int writers;
    private List<Split> splits;
    /** Held while the sink is being taken over. */
    private final Object taking = new Object();

    private @Nullable Position position;
    private int attempt;
    private int last;
    private int asked;

    private Resumption(String job, ResumableSink<?> sink, int writers, List<Split> splits, Taken taken) {
        this.writers = writers;
        this.job = job;
        this.sink = sink;
        this.splits = splits;
        this.position = taken.position;
        this.attempt = taken.attempt;
        this.last = taken.attempt;
    }

    private record Taken(int attempt, Position position) {}

    /**
     * Takes the sink over.
     *
     * @param splits of the source, as it is now
     * @throws io.ghee.ConfigurationException if the input is not the one that was begun
     */
    static Resumption open(Plan plan, List<Split> splits) throws IOException {
        ResumableSink<?> sink = (ResumableSink<?>) plan.sink();
        String job = plan.pipeline();
        int writers = plan.stage(plan.stages().size() - 1).replicas();
        ResumableSink.Taken taken = sink.takeOver(job, -1);
        Position kept = Position.join(taken.positions());
        List<Split> now = splits;
        if (!kept.splits().isEmpty() && plan.source() instanceof UnboundedSource<?> source) {
            Set<String> known = kept.splits().stream().map(Position.Begun::id).collect(Collectors.toSet());
            now = List.copyOf(source.splits(plan.stage(0).replicas(), known));
        }
        List<Split> ordered = kept.inOrder(now, plan.source().describe());
        return new Resumption(job, sink, writers, ordered, begin(job, sink, writers, taken.attempt(), kept, ordered));
    }

    private static Taken begin(
            String job, ResumableSink<?> sink, int writers, int attempt, Position kept, List<Split> splits)
            throws IOException {
        Position all = kept.with(splits);
        sink.begin(job, attempt, writers, all.toBytes());
        return new Taken(attempt, all);
    }

    /** The splits of the source, in the order in which they are numbered. */
    List<Split> splits() {
        return splits;
    }

    /** There are more splits; {@link #rewind} is called next. */
    void grow(List<Split> all) {
        splits = all;
    }

    /** What is known to be written; null while that is being found out. */
    @Nullable
    Position position() {
        return position;
    }

    /** The number of the attempt that has begun last. */
    int attempt() {
        return attempt;
    }

    /**
     * The last stage begins anew: finds out what it has committed, on another thread, as storage may take its time.
     *
     * @param guard is held while something changes here
     * @param done is called then, with what went wrong or null, without the guard
     */
    void rewind(Object guard, Consumer<@Nullable GheeException> done) {
        position = null;
        int number = ++asked;
        List<Split> now = splits;
        Thread thread = new Thread(
                () -> {
                    GheeException failure = null;
                    try {
                        takeOver(guard, number, now);
                    } catch (IOException e) {
                        failure = new InfrastructureException(sink.describe() + ": " + e.getMessage(), e);
                    } catch (GheeException e) {
                        failure = e;
                    } catch (RuntimeException e) {
                        // Nobody else would tell the driver, which waits for this.
                        failure = new InfrastructureException(sink.describe() + " cannot be taken over: " + e, e);
                    }
                    done.accept(failure);
                },
                "ghee-resume-" + job);
        thread.setDaemon(true);
        thread.start();
    }

    private void takeOver(Object guard, int number, List<Split> now) throws IOException {
        // One after the other, as each has to know the attempt before.
        synchronized (taking) {
            ResumableSink.Taken found = sink.takeOver(job, last);
            Taken taken = begin(job, sink, writers, found.attempt(), Position.join(found.positions()), now);
            last = taken.attempt;
            synchronized (guard) {
                // If it was asked for once more meanwhile, that one counts.
                if (number == asked) {
                    position = taken.position;
                    attempt = taken.attempt;
                }
            }
        }
    }
}
