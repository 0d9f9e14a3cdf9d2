package io.ghee.run;

import io.ghee.Resources;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Which replicas of the last stage take part, in the order of their ranks. Guarded by the driver. */
final class Members {
    /** How long one that is lost is waited for, where there may be fewer. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final int least;
    private final BitSet excluded = new BitSet();
    private final int replicas;
    private int wanted;
    private List<Integer> now;

    Members(Resources resources) {
        this.replicas = resources.replicas();
        this.least = resources.leastReplicas();
        this.wanted = replicas;
        this.now = IntStream.range(0, replicas).boxed().toList();
    }

    /** Those that take part. */
    List<Integer> now() {
        return now;
    }

    boolean contains(int replica) {
        return now.contains(replica);
    }

    /** So many are to take part. */
    void want(int number) {
        wanted = number;
    }

    /** One does not take part any more; false if there are too few without it. */
    boolean exclude(int replica) {
        if (replicas - excluded.cardinality() <= least) {
            return false;
        }
        excluded.set(replica);
        return true;
    }

    private List<Integer> able(IntPredicate isReady) {
        return IntStream.range(0, replicas)
                .filter(replica -> !excluded.get(replica) && isReady.test(replica))
                .limit(wanted)
                .boxed()
                .toList();
    }

    private int best() {
        return Math.min(wanted, replicas - excluded.cardinality());
    }

    /**
     * True if an attempt can begin.
     *
     * @param waitedNanos since it was called for
     */
    boolean canBegin(IntPredicate isReady, long waitedNanos) {
        int able = able(isReady).size();
        return able == best() || (able >= least && waitedNanos > GRACE.toNanos());
    }

    /** One has come to an early end; the others go on. */
    void drop(int replica) {
        excluded.set(replica);
        now = now.stream().filter(each -> each != replica).toList();
    }

    /** True if one does not take part any more. */
    boolean isExcluded(int replica) {
        return excluded.get(replica);
    }

    /** True if an attempt that has begun can go on. */
    boolean canGoOn(IntPredicate isReady) {
        return now.stream().allMatch(isReady::test);
    }

    /** An attempt begins, with those that are ready. */
    void begin(IntPredicate isReady) {
        now = able(isReady);
    }

    /** True if others would take part if an attempt began now. */
    boolean isToChange(IntPredicate isReady) {
        return least < replicas && !able(isReady).equals(now);
    }
}
