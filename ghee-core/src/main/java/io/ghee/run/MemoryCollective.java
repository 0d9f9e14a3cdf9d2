package io.ghee.run;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.ReductionOrder;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The collective of ranks that are threads of one JVM: each leaves a copy of what it brings where the others can read it. */
final class MemoryCollective implements Collective {
    /** Where the ranks of one attempt meet. */
    static final class Meeting {
        private final @Nullable Brought[] brought;
        private List<Brought> all = List.of();
        private int arrived;
        private long round;

        Meeting(int ranks) {
            brought = new @Nullable Brought[ranks];
        }

        List<Brought> exchange(int rank, Brought mine, Runnable whileWaiting) throws InterruptedException {
            long own = bring(rank, mine);
            List<Brought> found = await(own);
            while (found == null) {
                whileWaiting.run();
                found = await(own);
            }
            return found;
        }

        private synchronized long bring(int rank, Brought mine) {
            long own = round;
            brought[rank] = mine;
            arrived++;
            if (arrived == brought.length) {
                all = List.of(brought);
                arrived = 0;
                round++;
                notifyAll();
            }
            return own;
        }

        /** What all have brought in a round, or null if some have not for a while. */
        private synchronized @Nullable List<Brought> await(long own) throws InterruptedException {
            long deadline = System.nanoTime() + Feed.PATIENCE.toNanos();
            while (round == own) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return null;
                }
                wait(left);
            }
            // The next round ends when this rank, too, has come to it: so these are still of this one.
            return all;
        }
    }

    /** What a rank calls, and with what. */
    record Brought(String call, Object data) {}

    private final Meeting meeting;
    private final int rank;
    private final Runnable whileWaiting;

    /** @param whileWaiting is called now and then by a rank that waits for others; may throw */
    MemoryCollective(Meeting meeting, int rank, Runnable whileWaiting) {
        this.meeting = meeting;
        this.rank = rank;
        this.whileWaiting = whileWaiting;
    }

    /** Of one rank. */
    static Collective alone() {
        return new MemoryCollective(new Meeting(1), 0, () -> {});
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return meeting.brought.length;
    }

    private <T> List<T> exchange(String call, Object mine, Function<Object, T> as) {
        List<Brought> all;
        try {
            all = meeting.exchange(rank, new Brought(call, mine), whileWaiting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InfrastructureException(call + " was interrupted", e);
        }
        for (int other = 0; other < all.size(); other++) {
            String its = all.get(other).call();
            if (!its.equals(call)) {
                throw new ConfigurationException("rank " + rank + " calls " + call + ", rank " + other + " calls " + its
                        + " (expected: the same of all ranks)");
            }
        }
        return all.stream().map(each -> as.apply(each.data())).toList();
    }

    private static String call(String operation, Buffer data) {
        return operation + " of " + data.remaining() + " " + Elements.kind(data);
    }

    @Override
    public void allReduce(Buffer data, Reduction how) {
        List<Elements> all = exchange(
                call("allReduce " + how, data), Elements.copy(data, 0, data.remaining()), Elements.class::cast);
        int count = data.remaining();
        int width = data instanceof FloatBuffer || data instanceof IntBuffer ? 4 : 8;
        Elements.reduce(all, how, k -> ReductionOrder.first(k, count, width, size()))
                .putInto(data, 0);
    }

    @Override
    public void reduceScatter(Buffer all, Buffer mine, Reduction how) {
        int part = mine.remaining();
        check(all.remaining() == part * size(), "elements of all parts", all.remaining(), part + " x " + size());
        List<Elements> each = exchange(
                call("reduceScatter " + how, all), Elements.copy(all, 0, all.remaining()), Elements.class::cast);
        Elements.reduce(each.stream().map(from -> from.part(rank * part, part)).toList(), how, k -> (rank + 1) % size())
                .putInto(mine, 0);
    }

    @Override
    public void allGather(Buffer mine, Buffer all) {
        int part = mine.remaining();
        check(all.remaining() == part * size(), "elements of all parts", all.remaining(), part + " x " + size());
        List<Elements> parts = exchange(call("allGather", mine), Elements.copy(mine, 0, part), Elements.class::cast);
        for (int from = 0; from < parts.size(); from++) {
            parts.get(from).putInto(all, from * part);
        }
    }

    @Override
    public List<ByteBuffer> allGather(ByteBuffer mine) {
        byte[] bytes = new byte[mine.remaining()];
        mine.duplicate().get(bytes);
        List<ByteBuffer> all = new ArrayList<>();
        for (byte[] each : exchange("allGather of bytes", bytes, byte[].class::cast)) {
            all.add(ByteBuffer.wrap(each).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        }
        return all;
    }

    @Override
    public void broadcast(Buffer data, int root) {
        check(root >= 0 && root < size(), "root", root, ">= 0 and < " + size());
        Elements brought = Elements.copy(data, 0, rank == root ? data.remaining() : 0);
        exchange(call("broadcast from rank " + root, data), brought, Elements.class::cast)
                .get(root)
                .putInto(data, 0);
    }

    @Override
    public void barrier() {
        exchange("barrier", "", String.class::cast);
    }

    @Override
    public void keepUp() {
        whileWaiting.run();
    }
}
