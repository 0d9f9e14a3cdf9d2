package io.ghee.source;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * A source that never ends: its splits go on as long as something is added to them, and there may be more of them. So there is
 * one pass, and each worker reads all of its splits at a time, in one thread; see {@link SplitReader#isOver}.
 *
 * @param <T> the records
 */
public interface UnboundedSource<T> extends Source<T> {
    /**
     * The splits as they are when a job goes on, and while it runs. One that has come up since begins at its very beginning,
     * wherever a new job would begin to read it. Called on the driver.
     *
     * @param known the {@linkplain Split#id ids} of those that the job has begun to read; where they begin does not matter
     */
    default List<? extends Split> splits(int readers, Set<String> known) throws IOException {
        return splits(readers);
    }

    /** How often a job that runs looks for more splits. */
    default Duration lookEvery() {
        return Duration.ofSeconds(30);
    }
}
