package io.ghee.train;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;

/**
 * Which trials of a sweep are stopped early, by a metric that they report and of which less is better.
 *
 * @param kind how that is decided
 * @param metric the name of the metric; empty if none is stopped
 * @param points how many values of it a trial is given first
 * @param factor of successive halving: one in so many goes on
 */
public record EarlyStopping(Kind kind, String metric, int points, int factor) implements Serializable {
    /** How it is decided. */
    public enum Kind {
        NEVER,
        MEDIAN,
        HALVING
    }

    /** All trials run to their end. */
    public static final EarlyStopping NEVER = new EarlyStopping(Kind.NEVER, "", 1, 2);

    public EarlyStopping {
        check(points >= 1, "points", points, ">= 1");
        check(factor >= 2, "factor", factor, ">= 2");
    }

    /**
     * A trial is stopped when the best value it has reported so far is worse than the median of the averages that the others
     * had after as many values (Golovin et al., Google Vizier, KDD 2017).
     *
     * @param points how many values it is given before that
     */
    public static EarlyStopping median(String metric, int points) {
        return new EarlyStopping(Kind.MEDIAN, metric, points, 2);
    }

    /**
     * After {@code points} values, and again each time that their number has grown by {@code factor}, only the best one in
     * {@code factor} of the trials go on (successive halving: Jamieson and Talwalkar, AISTATS 2016).
     */
    public static EarlyStopping halving(String metric, int points, int factor) {
        return new EarlyStopping(Kind.HALVING, metric, points, factor);
    }
}
