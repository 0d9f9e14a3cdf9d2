package io.ghee.models.djl;

import io.ghee.ConfigurationException;
import io.ghee.train.Collective;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What all ranks have to have the same before they train together. */
public final class Agreement {
    private Agreement() {}

    /**
     * Compares a value of all ranks; each of them calls this.
     *
     * @param name what it is, for the message
     * @throws ConfigurationException on every rank, naming the values of two, if it is not the same on all
     */
    public static void check(Collective ranks, String name, String mine) {
        check(ranks, List.of(name), List.of(mine));
    }

    /** Compares several values, in order; a rank that has fewer of them lacks the last. */
    static void check(Collective ranks, List<String> names, List<String> mine) {
        List<ByteBuffer> all = ranks.allGather(text(names, mine));
        List<String> first = lines(all.get(0));
        for (int rank = 1; rank < all.size(); rank++) {
            List<String> other = lines(all.get(rank));
            for (int k = 0; k < Math.max(first.size(), other.size()); k++) {
                String expected = k < first.size() ? first.get(k) : "none";
                String its = k < other.size() ? other.get(k) : "none";
                if (!expected.equals(its)) {
                    throw new ConfigurationException(
                            its + " on rank " + rank + " (expected: as on rank 0, " + expected + ")");
                }
            }
        }
    }

    private static ByteBuffer text(List<String> names, List<String> values) {
        StringBuilder text = new StringBuilder();
        for (int k = 0; k < names.size(); k++) {
            text.append(names.get(k)).append(": ").append(values.get(k)).append('\n');
        }
        return StandardCharsets.UTF_8.encode(text.toString());
    }

    private static List<String> lines(ByteBuffer text) {
        return StandardCharsets.UTF_8
                .decode(text.duplicate())
                .toString()
                .lines()
                .toList();
    }
}
