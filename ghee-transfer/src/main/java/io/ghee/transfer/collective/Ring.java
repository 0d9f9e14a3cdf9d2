package io.ghee.transfer.collective;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.ReductionOrder;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.collective.Call.Operation;
import io.ghee.transfer.collective.Connections.Connection;
import io.ghee.transfer.collective.Hello.Line;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The ranks of one attempt in a ring: each sends to its right neighbour alone, and receives from its left one.
 *
 * <p>All-reduce is the ring algorithm (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
 * workstations", 2009): the data is cut into as many parts as there are ranks. Each part travels once round the ring and is
 * reduced with what each rank has of it, and once more, finished, to replace it. So every rank sends 2 (N-1) / N of the data,
 * and as a part is reduced along one way and then copied, all ranks have the same bits.
 *
 * <p>The steps are not awaited one by one. What a rank sends is one stream, in which all but the first part is what it
 * has received and reduced, so whatever has come in of a part goes out as soon as the stream has come to it ({@link
 * Schedule}). One thread does both, without blocking in either. Large data is taken in blocks, so that a part is still in the
 * processor's cache when it goes out. Of small data each rank gets all, and reduces it by itself in the order of the ranks:
 * that is half the steps.
 *
 * <p>The user's thread alone uses the data's connections; those by which a loss is noticed are {@link RingWatch}'s.
 */
final class Ring implements Collective {
    private static final int WAIT_MILLIS = 20;

    /** How long it may take until it is known why a connection has ended. */
    private static final long VERDICT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How long to try again before sleeping: waking up takes about as long. More would take a processor from the others, where ranks share them. */
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

    private final TransferConfig config;
    private final RingWatch watch;
    private final int attempt;
    private final int rank;
    private final List<String> endpoints;
    private final int size;
    private final Runnable whileWaiting;
    private final Selector selector;
    private final Schedule schedule = new Schedule();
    private final Values.Scratch scratch = new Values.Scratch();
    private ByteBuffer gathered = ByteBuffer.allocate(0);
    private @Nullable Sending sending;
    private @Nullable SelectionKey sendingKey;
    private @Nullable SelectionKey receivingKey;
    private long waitingSince;
    private long idleSince;

    private volatile @Nullable Receiving receiving;
    private volatile boolean watched;
    private volatile @Nullable Failure failure;
    private volatile boolean leftLeaving;
    private volatile boolean rightLeaving;

    Ring(TransferConfig config, RingWatch watch, int attempt, int rank, List<String> endpoints, Runnable whileWaiting) {
        this.config = config;
        this.watch = watch;
        this.attempt = attempt;
        this.rank = rank;
        this.endpoints = endpoints;
        this.size = endpoints.size();
        this.whileWaiting = whileWaiting;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new InfrastructureException("cannot open a selector: " + e.getMessage(), e);
        }
    }

    int attempt() {
        return attempt;
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    private int left() {
        return Math.floorMod(rank - 1, size);
    }

    private int right() {
        return (rank + 1) % size;
    }

    /** As errors call a rank. */
    String name(int of) {
        return "rank " + of + " (" + endpoints.get(of) + ")";
    }

    /** If {@code hello} is of this rank's left neighbour, and the connection is still missing. Any thread. */
    boolean isLeft(Hello hello) {
        return hello.attempt() == attempt
                && hello.from() == left()
                && hello.to() == rank
                && hello.size() == size
                && (hello.line() == Line.DATA ? receiving == null : !watched);
    }

    /** The left neighbour's data. To be called by the watch. */
    void receiveFrom(Receiving from) {
        receiving = from;
        wake();
    }

    /** To be called by the watch when it has the left neighbour's connection for it. */
    void watched() {
        watched = true;
        wake();
    }

    /** To be called by the watch when a neighbour says that it takes part no longer. */
    void leaving(int neighbour) {
        leftLeaving |= neighbour == left();
        rightLeaving |= neighbour == right();
        wake();
    }

    @Nullable
    Failure failure() {
        return failure;
    }

    /** Ends the ring, and tells the neighbours why. The first reason counts. Any thread. */
    void fail(Failure why) {
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = why;
        }
        wake();
        watch.tell(this, why);
    }

    private void wake() {
        selector.wakeup();
    }

    /**
     * Finds together with the other ranks.
     *
     * @throws InfrastructureException if that takes longer than {@code timeout}
     */
    void join(Duration timeout) throws InterruptedException {
        if (size == 1) {
            return;
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            watch.expect(this);
            Connection data = connect(Line.DATA, deadline);
            sending = new Sending(
                    data.channel(), data.seals() == null ? null : data.seals().rightward());
            Connection line = connect(Line.WATCH, deadline);
            watch.add(new WatchLine(
                    this,
                    right(),
                    line.channel(),
                    line.seals() == null ? null : line.seals().rightward(),
                    line.seals() == null ? null : line.seals().leftward()));
            Receiving from = receiving;
            while (from == null || !watched) {
                selector.select(WAIT_MILLIS);
                checkInTime(deadline, () -> name(left()) + " has not connected");
                from = receiving;
            }
            sendingKey = data.channel().register(selector, 0);
            receivingKey = from.channel().register(selector, 0);
            Call call = new Call(Operation.BARRIER, Reduction.SUM, Values.Type.BYTES, 0, 0);
            gather(call, deadline);
        } catch (IOException e) {
            throw new InfrastructureException("rank " + rank + " cannot join the ring: " + e.getMessage(), e);
        } catch (ClosedSelectorException e) {
            throw Failure.lost("the ring port was closed").exception("joining the ring by rank " + rank);
        } catch (RuntimeException | InterruptedException e) {
            giveUp(e);
            throw e;
        }
    }

    private Connection connect(Line line, long deadline) throws InterruptedException {
        Hello hello = new Hello(config.job(), attempt, rank, right(), size, line, Hello.fresh());
        return Connections.connect(
                hello,
                endpoints.get(right()),
                config,
                () -> checkInTime(deadline, () -> name(right()) + " does not let in its left neighbour"));
    }

    /** Says what is missing. */
    private interface Missing {
        String text();
    }

    private void checkInTime(long deadline, Missing missing) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("while joining the ring");
        }
        Failure why = failure;
        if (why != null) {
            throw why.exception("joining the ring, attempt " + attempt + ", by rank " + rank);
        }
        if (System.nanoTime() - deadline > 0) {
            throw new InfrastructureException("the ranks did not find together in time: rank " + rank + " of " + size
                    + ", attempt " + attempt + ": " + missing.text());
        }
        whileWaiting.run();
    }

    private void giveUp(Exception e) {
        fail(Failure.lost(name(rank) + " gave up: " + (e.getMessage() == null ? e : e.getMessage())));
    }

    /** Bytes of data sent so far. */
    long sent() {
        Sending to = sending;
        return to == null ? 0 : to.sent();
    }

    /** Leaves the ring. Any thread; whoever is in an operation gets an error. */
    void close() {
        synchronized (this) {
            if (failure == null) {
                failure = Failure.lost(name(rank) + " has closed it");
            }
        }
        watch.leave(this);
        Sending to = sending;
        Closing.quietly(to == null ? null : to.channel());
        Receiving from = receiving;
        Closing.quietly(from == null ? null : from.channel());
        Closing.quietly(selector);
    }

    private static int elements(Buffer data) {
        return data.remaining();
    }

    /** Where part {@code k} of {@code count} elements begins; parts differ by one element at most. */
    private int start(int count, int k) {
        return (int) ((long) count * k / size);
    }

    @Override
    public void allReduce(Buffer data, Reduction how) {
        Values.Type type = Values.Type.of(data);
        int count = elements(data);
        Call call = new Call(Operation.ALL_REDUCE, how, type, count, 0);
        Values values = type.values(data, scratch);
        if ((long) count * type.width <= ReductionOrder.SMALL_BYTES) {
            reduceByItself(call, values, data.position());
            return;
        }
        schedule.clear();
        int block = size * (ReductionOrder.PART_BYTES / type.width);
        for (int done = 0; done < count; done += Math.min(block, count - done)) {
            addBlock(data.position() + done, Math.min(block, count - done), how);
        }
        perform(call, values, 0);
    }

    private void addBlock(int from, int count, Reduction how) {
        int first = schedule.ins();
        for (int step = 0; step < 2 * (size - 1); step++) {
            int out = Math.floorMod(rank - step, size);
            int in = Math.floorMod(rank - 1 - step, size);
            schedule.out(
                    from + start(count, out),
                    start(count, out + 1) - start(count, out),
                    step == 0 ? Schedule.OWN : first + step - 1);
            schedule.in(
                    from + start(count, in),
                    start(count, in + 1) - start(count, in),
                    step < size - 2 ? Schedule.REDUCE : step == size - 2 ? last(how) : Schedule.REPLACE);
        }
    }

    /** The last step of a reduction. */
    private int last(Reduction how) {
        return how == Reduction.MEAN ? size : Schedule.REDUCE;
    }

    private void reduceByItself(Call call, Values values, int from) {
        int count = (int) call.count();
        int bytes = count * call.type().width;
        ByteBuffer all = room(bytes * size);
        values.send(from, count, all.position(rank * bytes));
        gatherInto(call, all, bytes);
        values.replace(from, count, all.position(0));
        for (int other = 1; other < size; other++) {
            values.reduce(
                    from,
                    count,
                    all.position(other * bytes),
                    call.how(),
                    other == size - 1 && call.how() == Reduction.MEAN ? size : 1);
        }
    }

    private ByteBuffer room(int bytes) {
        if (gathered.capacity() < bytes) {
            gathered = Sending.direct(bytes);
        }
        return gathered.clear();
    }

    /** Every rank's bytes, of which this one's are there, into their places. */
    private void gatherInto(Call call, ByteBuffer all, int bytes) {
        scheduleGather(0, bytes);
        perform(call, Values.Type.BYTES.values(all.clear(), scratch), 0);
    }

    private void scheduleGather(int from, int part) {
        schedule.clear();
        for (int step = 0; step < size - 1; step++) {
            int out = Math.floorMod(rank - step, size);
            int in = Math.floorMod(rank - 1 - step, size);
            schedule.out(from + out * part, part, step - 1);
            schedule.in(from + in * part, part, Schedule.REPLACE);
        }
    }

    @Override
    public void reduceScatter(Buffer all, Buffer mine, Reduction how) {
        Values.Type type = Values.Type.of(all);
        int part = elements(mine);
        checkParts(type, all, mine);
        Values values = type.values(all, scratch);
        schedule.clear();
        for (int step = 0; step < size - 1; step++) {
            int out = Math.floorMod(rank - 1 - step, size);
            int in = Math.floorMod(rank - 2 - step, size);
            schedule.out(all.position() + out * part, part, step - 1);
            schedule.in(all.position() + in * part, part, step < size - 2 ? Schedule.REDUCE : last(how));
        }
        perform(new Call(Operation.REDUCE_SCATTER, how, type, elements(all), 0), values, 0);
        copy(type, all, rank * part, mine, 0, part);
    }

    private void checkParts(Values.Type type, Buffer all, Buffer mine) {
        check(Values.Type.of(mine) == type, "elements of a part", Values.Type.of(mine), type.toString());
        check(
                elements(all) == (long) elements(mine) * size,
                "elements of all parts",
                elements(all),
                elements(mine) + " x " + size);
    }

    /** Copies some elements, counted from the positions. */
    private void copy(Values.Type type, Buffer from, int fromIndex, Buffer to, int toIndex, int count) {
        Values source = type.values(from, scratch);
        Values target = type.values(to, scratch);
        ByteBuffer some = room(Sending.PIECE);
        int step = Sending.PIECE / type.width;
        for (int done = 0; done < count; done += step) {
            int now = Math.min(step, count - done);
            source.send(from.position() + fromIndex + done, now, some.clear());
            target.replace(to.position() + toIndex + done, now, some.flip());
        }
    }

    @Override
    public void allGather(Buffer mine, Buffer all) {
        Values.Type type = Values.Type.of(all);
        int part = elements(mine);
        checkParts(type, all, mine);
        copy(type, mine, 0, all, rank * part, part);
        scheduleGather(all.position(), part);
        perform(new Call(Operation.ALL_GATHER, Reduction.SUM, type, part, 0), type.values(all, scratch), 0);
    }

    @Override
    public List<ByteBuffer> allGather(ByteBuffer mine) {
        LongBuffer lengths = LongBuffer.allocate(size).put(rank, mine.remaining());
        Call call = new Call(Operation.ALL_GATHER_BYTES, Reduction.SUM, Values.Type.BYTES, 0, 0);
        scheduleGather(0, 1);
        perform(call, Values.Type.LONGS.values(lengths, scratch), 0);
        int[] starts = new int[size + 1];
        long total = 0;
        for (int each = 0; each < size; each++) {
            total += lengths.get(each);
            check(total <= Integer.MAX_VALUE - 8, "bytes of all ranks together", total, "<= 2 GiB");
            starts[each + 1] = (int) total;
        }
        ByteBuffer all = ByteBuffer.allocate(starts[size]);
        all.put(starts[rank], mine, mine.position(), mine.remaining());
        schedule.clear();
        for (int step = 0; step < size - 1; step++) {
            int out = Math.floorMod(rank - step, size);
            int in = Math.floorMod(rank - 1 - step, size);
            schedule.out(starts[out], starts[out + 1] - starts[out], step - 1);
            schedule.in(starts[in], starts[in + 1] - starts[in], Schedule.REPLACE);
        }
        perform(call, Values.Type.BYTES.values(all, scratch), 0);
        List<ByteBuffer> parts = new ArrayList<>();
        for (int each = 0; each < size; each++) {
            parts.add(all.slice(starts[each], starts[each + 1] - starts[each])
                    .asReadOnlyBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN));
        }
        return parts;
    }

    @Override
    public void broadcast(Buffer data, int root) {
        check(root >= 0 && root < size, "root", root, ">= 0 and < " + size);
        Values.Type type = Values.Type.of(data);
        schedule.clear();
        if (rank != root) {
            schedule.in(data.position(), elements(data), Schedule.REPLACE);
        }
        if (right() != root) {
            schedule.out(data.position(), elements(data), rank == root ? Schedule.OWN : 0);
        }
        perform(
                new Call(Operation.BROADCAST, Reduction.SUM, type, elements(data), root),
                type.values(data, scratch),
                0);
    }

    @Override
    public void barrier() {
        gather(new Call(Operation.BARRIER, Reduction.SUM, Values.Type.BYTES, 0, 0), 0);
    }

    @Override
    public void keepUp() {
        Failure why = failure;
        if (why != null) {
            throw why.exception("waiting by rank " + rank + " of " + size);
        }
        try {
            whileWaiting.run();
        } catch (RuntimeException e) {
            giveUp(e);
            throw e;
        }
    }

    /** A byte of each rank: who has them all knows that all are there. */
    private void gather(Call call, long deadline) {
        ByteBuffer all = room(size);
        scheduleGather(0, 1);
        perform(call, Values.Type.BYTES.values(all, scratch), deadline);
    }

    /** Carries out the schedule. */
    private void perform(Call call, Values values, long deadline) {
        Sending to = sending;
        Receiving from = receiving;
        if (size == 1) {
            return;
        }
        if (to == null || from == null) {
            throw new IllegalStateException("the ring is used before it was joined");
        }
        try {
            exchange(call, values, to, from, deadline);
        } catch (RuntimeException e) {
            giveUp(e);
            throw e;
        }
    }

    private void exchange(Call call, Values values, Sending to, Receiving from, long deadline) {
        int width = values.width;
        boolean announced = false;
        boolean compared = false;
        int out = 0;
        int outDone = 0;
        int in = 0;
        int inDone = 0;
        idleSince = 0;
        waitingSince = System.nanoTime();
        while (true) {
            checkAlive(call);
            boolean moved = false;
            if (to.isEmpty() && (!announced || out < schedule.outs())) {
                ByteBuffer room = to.room();
                if (!announced) {
                    call.writeTo(room);
                    announced = true;
                }
                while (out < schedule.outs()) {
                    int after = schedule.outAfter(out);
                    int ready = after < in ? schedule.outCount(out) : after == in ? inDone : 0;
                    int some = Math.min(ready - outDone, room.remaining() / width);
                    if (some > 0) {
                        values.send(schedule.outFrom(out) + outDone, some, room);
                        outDone += some;
                    }
                    if (outDone < schedule.outCount(out)) {
                        break;
                    }
                    out++;
                    outDone = 0;
                }
                to.filled();
            }
            try {
                moved |= to.write();
            } catch (IOException e) {
                throw ended(call, right(), e);
            }
            if (!compared || in < schedule.ins()) {
                ByteBuffer bytes = from.bytes();
                if (bytes.remaining() < (compared ? width : Call.BYTES)) {
                    try {
                        moved |= from.read();
                    } catch (IOException e) {
                        throw ended(call, left(), e);
                    }
                }
                if (!compared && bytes.remaining() >= Call.BYTES) {
                    compare(call, Call.read(bytes));
                    compared = true;
                    moved = true;
                }
                while (compared && in < schedule.ins()) {
                    int some = Math.min(schedule.inCount(in) - inDone, bytes.remaining() / width);
                    if (some > 0) {
                        int how = schedule.inHow(in);
                        if (how == Schedule.REPLACE) {
                            values.replace(schedule.inFrom(in) + inDone, some, bytes);
                        } else {
                            values.reduce(schedule.inFrom(in) + inDone, some, bytes, call.how(), how);
                        }
                        inDone += some;
                        moved = true;
                    }
                    if (inDone < schedule.inCount(in)) {
                        break;
                    }
                    in++;
                    inDone = 0;
                }
            }
            boolean hasOut = !to.isEmpty();
            boolean wantsIn = !compared || in < schedule.ins();
            if (!hasOut && !wantsIn && out == schedule.outs()) {
                return;
            }
            if (moved) {
                idleSince = 0;
            } else {
                idle(call, hasOut, wantsIn, deadline);
            }
        }
    }

    private void compare(Call mine, Call its) {
        if (!its.equals(mine)) {
            String text = "rank " + left() + " calls " + its + ", rank " + rank + " calls " + mine
                    + " (expected: the same of all ranks)";
            fail(new Failure(true, text));
            throw new ConfigurationException(text);
        }
    }

    private void checkAlive(Call call) {
        Failure why = failure;
        if (why != null) {
            throw why.exception(describe(call));
        }
    }

    private String describe(Call call) {
        return call + " by rank " + rank + " of " + size;
    }

    /** Nothing has moved: waits for that. */
    private void idle(Call call, boolean hasOut, boolean wantsIn, long deadline) {
        long now = System.nanoTime();
        if (idleSince == 0) {
            idleSince = now;
        }
        if (now - idleSince < SPIN_NANOS) {
            Thread.onSpinWait();
            return;
        }
        SelectionKey toRight = sendingKey;
        SelectionKey fromLeft = receivingKey;
        if (toRight == null || fromLeft == null) {
            throw new IllegalStateException("the ring is used before it was joined");
        }
        try {
            toRight.interestOps(hasOut ? SelectionKey.OP_WRITE : 0);
            fromLeft.interestOps(wantsIn ? SelectionKey.OP_READ : 0);
            selector.select(WAIT_MILLIS);
            selector.selectedKeys().clear();
        } catch (IOException | RuntimeException e) {
            checkAlive(call);
            throw new InfrastructureException(describe(call) + " failed: " + e, e);
        }
        now = System.nanoTime();
        if (now - waitingSince >= TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS)) {
            waitingSince = now;
            if (Thread.currentThread().isInterrupted()) {
                throw new InfrastructureException(describe(call) + " was interrupted");
            }
            if (deadline != 0 && now - deadline > 0) {
                throw new InfrastructureException("the ranks did not find together in time: rank " + rank + " of "
                        + size + ", attempt " + attempt + ": other ranks have not joined");
            }
            whileWaiting.run();
        }
    }

    /** A connection to a neighbour has ended: the watch knows why, or will. */
    private GheeException ended(Call call, int neighbour, IOException e) {
        long deadline = System.nanoTime() + VERDICT_NANOS;
        while (failure == null && !isLeaving(neighbour) && System.nanoTime() - deadline < 0) {
            try {
                selector.selectNow();
                selector.selectedKeys().clear();
                TimeUnit.MILLISECONDS.sleep(WAIT_MILLIS);
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                break;
            } catch (IOException | RuntimeException closed) {
                break;
            }
            whileWaiting.run();
        }
        fail(Failure.lost(name(neighbour) + " is lost: "
                + (isLeaving(neighbour) ? "it has left the ring" : "its connection ended (" + e.getMessage() + ")")));
        Failure why = failure;
        GheeException exception = (why == null ? Failure.lost(e.toString()) : why).exception(describe(call));
        exception.addSuppressed(e);
        return exception;
    }

    private boolean isLeaving(int neighbour) {
        return (neighbour == left() && leftLeaving) || (neighbour == right() && rightLeaving);
    }
}
