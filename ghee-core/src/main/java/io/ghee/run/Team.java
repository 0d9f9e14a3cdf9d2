package io.ghee.run;

import io.ghee.plan.PlannedStage;
import java.util.List;

/**
 * The replicas of the last stage that work on the same: those of a trial, else all that take part.
 *
 * @param number that of the trial, from 0
 * @param replicas in the order of their ranks
 */
public record Team(int number, List<Integer> replicas) {
    /** That of a replica which takes part. */
    public static Team of(PlannedStage last, Start start, int replica) {
        int number = last.teamOf(replica);
        return new Team(
                number,
                start.members().stream()
                        .filter(each -> last.teamOf(each) == number)
                        .toList());
    }

    /** The rank of a replica in it. */
    public int rank(int replica) {
        return replicas.indexOf(replica);
    }
}
