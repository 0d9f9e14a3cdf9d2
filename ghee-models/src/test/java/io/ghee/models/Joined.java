package io.ghee.models;

import io.ghee.Batch;
import io.ghee.Resources;
import io.ghee.train.Checkpointable;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.IOException;
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

    /** The same context, whose epochs are noted. */
    public TrainContext<Example> note(TrainContext<Example> context) {
        return new TrainContext<>() {
            @Override
            public Iterable<Epoch<Example>> epochs() {
                Iterator<Epoch<Example>> epochs = context.epochs().iterator();
                return () -> new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return epochs.hasNext();
                    }

                    @Override
                    public Epoch<Example> next() {
                        return note(epochs.next());
                    }
                };
            }

            @Override
            public Epoch<Example> heldOut() {
                return context.heldOut();
            }

            @Override
            public int rank() {
                return context.rank();
            }

            @Override
            public int worldSize() {
                return context.worldSize();
            }

            @Override
            public Collective collective() {
                return context.collective();
            }

            @Override
            public void checkpoint(Checkpointable state) throws IOException {
                context.checkpoint(state);
            }

            @Override
            public long step() {
                return context.step();
            }

            @Override
            public Resources resources() {
                return context.resources();
            }

            @Override
            public void report(String metric, double value) {
                context.report(metric, value);
            }
        };
    }

    /** The same batch, noted. */
    public Batch<Example> note(Batch<Example> batch) {
        padding += batch.isPadding() ? 1 : 0;
        steps.add(batch.isPadding() ? List.of() : batch.records());
        return batch;
    }

    /** How many batches there were. */
    public int steps() {
        return steps.size();
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
