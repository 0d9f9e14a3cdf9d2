package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import io.ghee.InfrastructureException;
import io.ghee.function.BatchFunction;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Kills workers that are threads: the functions that it wraps throw an {@link InfrastructureException} when a trap that was
 * laid in their stage springs, once per trap. That stands for the death of the thread.
 *
 * <pre>{@code
 * Sabotage sabotage = Sabotage.fresh();
 * ... .stage("use", replicas(2)).map(sabotage.map("use", Words::count)) ...
 * sabotage.lay("use", 1000);
 * }</pre>
 *
 * <p>Traps are laid in this JVM and spring in it alone: in a worker that is a process, the wrapped functions do what they do
 * without it, so the same pipeline can be run by every launcher. Thread-safe.
 */
public final class Sabotage implements Serializable {
    private static final long serialVersionUID = 1;

    /** Of those with traps, by id: what a worker has is a copy of what the pipeline was declared with. */
    private static final Map<String, List<Trap>> LAID = new ConcurrentHashMap<>();

    private final String id = UUID.randomUUID().toString();

    private Sabotage() {}

    /** One without traps. */
    public static Sabotage fresh() {
        return new Sabotage();
    }

    /** A death that waits for its moment. Thread-safe. */
    public static final class Trap {
        private final String stage;
        private final AtomicLong left;
        private final AtomicBoolean sprung = new AtomicBoolean();

        private Trap(String stage, long records) {
            this.stage = stage;
            this.left = new AtomicLong(records);
        }

        /** True once it has killed. */
        public boolean isSprung() {
            return sprung.get();
        }

        /** True for the one call that it kills. */
        private boolean step(String where) {
            return where.equals(stage) && left.getAndDecrement() == 0 && sprung.compareAndSet(false, true);
        }
    }

    /**
     * Lays a trap: the worker that takes the record after {@code records} more of them, counted over all replicas of the
     * stage, dies of it.
     *
     * @param stage as the wrapped functions name it
     * @param records at least 0
     */
    public Trap lay(String stage, long records) {
        check(records >= 0, "records", records, ">= 0");
        Trap trap = new Trap(stage, records);
        LAID.computeIfAbsent(id, unused -> new CopyOnWriteArrayList<>()).add(trap);
        return trap;
    }

    /** Takes all traps away. */
    public void clear() {
        LAID.remove(id);
    }

    /**
     * What the wrapped functions call for each record, and a train function may call in its loop.
     *
     * @throws InfrastructureException if a trap springs
     */
    public void pass(String stage) {
        List<Trap> traps = LAID.get(id);
        if (traps == null) {
            return;
        }
        boolean dies = false;
        for (Trap trap : traps) {
            dies |= trap.step(stage);
        }
        if (dies) {
            throw new InfrastructureException("stage " + stage + ": a worker was killed by the fault kit");
        }
    }

    /** The same function, with traps. */
    public <T, R> RecordFunction<T, R> map(String stage, RecordFunction<T, R> function) {
        return record -> {
            pass(stage);
            return function.apply(record);
        };
    }

    /** The same predicate, with traps. */
    public <T> RecordPredicate<T> filter(String stage, RecordPredicate<T> predicate) {
        return record -> {
            pass(stage);
            return predicate.test(record);
        };
    }

    /** The same function, with traps. */
    public <T, R> FlatMapFunction<T, R> flatMap(String stage, FlatMapFunction<T, R> function) {
        return record -> {
            pass(stage);
            return function.apply(record);
        };
    }

    /** The same function, with traps; a batch counts as one record. */
    public <T, R> BatchFunction<T, R> mapBatches(String stage, BatchFunction<T, R> function) {
        return batch -> {
            pass(stage);
            return function.apply(batch);
        };
    }
}
