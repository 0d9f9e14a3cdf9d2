package io.ghee.run;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The one order in which a deterministic job reads its input, whoever reads it. The splits of a pass are mixed by the seed and
 * dealt to a fixed number of lanes; each lane is read by itself, through a chain of its own, and makes {@linkplain OrderedFeed
 * blocks} of a fixed number of rows; the order is that of the first blocks of all lanes, the second ones, and so on. A
 * reading replica has the lanes whose numbers leave its own when divided by the number of replicas.
 *
 * <p>Hands out the splits of each lane. Guarded by the driver.
 */
final class Lanes {
    /** How many there are. */
    static final int COUNT = 16;

    private final long seed;
    private final int splits;
    private final int passes;
    private final int[] pass = new int[COUNT];
    private final int[] read = new int[COUNT];

    Lanes(long seed, int splits, int passes) {
        this.seed = seed;
        this.splits = splits;
        this.passes = passes;
    }

    /** All lanes begin at the beginning of a pass. */
    void begin(int epoch) {
        Arrays.fill(pass, epoch);
        Arrays.fill(read, 0);
    }

    /** The next split of a lane, or null if there is none any more. */
    Cursor.@Nullable Next next(int lane) {
        while (pass[lane] <= passes) {
            int place = lane + COUNT * read[lane];
            if (place < splits) {
                read[lane]++;
                return new Cursor.Next(pass[lane], order(seed, pass[lane], splits)[place]);
            }
            pass[lane]++;
            read[lane] = 0;
        }
        return null;
    }

    /** The splits of a pass, mixed: the shuffle of Fisher and Yates. */
    private static int[] order(long seed, int epoch, int splits) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + epoch);
        int[] order = new int[splits];
        for (int k = 0; k < splits; k++) {
            int other = random.nextInt(k + 1);
            order[k] = order[other];
            order[other] = k;
        }
        return order;
    }
}
