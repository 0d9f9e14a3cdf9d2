package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import java.time.Duration;
import java.util.Locale;

/**
 * When a fault strikes: when the job has consumed a share of the records that it consumes undisturbed, whichever speed it
 * runs at, or at the latest after some time.
 *
 * @param share of the records that all stages together consume, from 0 to 1
 * @param latest since the job was launched
 */
public record Moment(double share, Duration latest) {
    public Moment {
        check(share >= 0 && share <= 1, "share", share, "0 to 1");
        check(!latest.isNegative(), "latest", latest, ">= 0");
    }

    /**
     * True once it has come.
     *
     * @param consumed records that all stages together have consumed
     * @param work records that they consume undisturbed; 0 if that is not known, and time alone counts
     * @param elapsed since the job was launched
     */
    public boolean isDue(long consumed, long work, Duration elapsed) {
        return elapsed.compareTo(latest) >= 0 || (work > 0 && consumed >= share * work);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "at %.0f %% of the records or after %.1f s", share * 100, latest.toMillis() / 1e3);
    }
}
