package io.ghee.models;

import io.ghee.Batch;
import io.ghee.train.Epoch;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Notes which examples a rank was given in each step, so that one process can take the same steps on the joined batches. */
public final class Joined {
    private final List<List<Example>> steps = new ArrayList<>();
    private int padding;

    /** The same epoch, noted. */
    public Epoch<Example> note(Epoch<Example> epoch) {
        return new Epoch<>() {
            @Override
            public int number() {
                return epoch.number();
            }

            @Override
            public Iterator<Batch<Example>> iterator() {
                Iterator<Batch<Example>> batches = epoch.iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return batches.hasNext();
                    }

                    @Override
                    public Batch<Example> next() {
                        return note(batches.next());
                    }
                };
            }
        };
    }

    /** The same batch, noted. */
    public Batch<Example> note(Batch<Example> batch) {
        padding += batch.isPadding() ? 1 : 0;
        steps.add(batch.isPadding() ? List.of() : batch.records());
        return batch;
    }

    /** How many of the batches were padding. */
    public int padding() {
        return padding;
    }

    /** The batches of all ranks, step by step. */
    public static List<Batch<Example>> of(List<Joined> ranks) {
        List<Batch<Example>> joined = new ArrayList<>();
        for (int step = 0; step < ranks.get(0).steps.size(); step++) {
            List<Example> all = new ArrayList<>();
            for (Joined rank : ranks) {
                all.addAll(rank.steps.get(step));
            }
            joined.add(Batch.of(all));
        }
        return joined;
    }
}
