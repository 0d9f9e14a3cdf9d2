package io.ghee.transfer;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * The sending end of an edge.
 *
 * <h2>The protocol</h2>
 *
 * One PUSH socket per consumer, bound here, so that whose turn it is stays our decision: a single PUSH socket deals blindly
 * and leaves messages behind in the pipe of a peer that is gone. Each consumer has a credit in bytes. A frame takes its
 * length from the credit when it is sent; the consumer gives it back, frame by frame, when the stage there has
 * done with the batch ("consumer, sequence, bytes", 24 bytes, to one PULL socket for all consumers). So the credit bounds
 * what this outlet has outstanding, wherever it is: in our buffers, in the kernel, or waiting over there. A frame longer
 * than the whole credit goes when nothing else is outstanding.
 *
 * <p>A frame's buffer comes from the pool and returns to it with the credit: not before, as the socket may still be writing
 * from it. Marks (end of epoch, end of stream) are frames too; after the end of the stream the outlet stays until every
 * credit has come back, so that nothing is lost when this process ends.
 */
final class ZmqOutlet implements Outlet {
    static final int CREDIT_BYTES = 24;

    private static final int POLL_MILLIS = 100;

    private final TransferConfig config;
    private final BufferPool pool;
    private final int sender;
    private final List<ZMQ.Socket> sockets = new ArrayList<>();
    private final List<CountDownLatch> greeted = new ArrayList<>();
    private final ZMQ.Socket credits;
    private final OutletAddress address;
    private final BatchCodec codec = new BatchCodec();
    private final long[] credit;
    private final long[] sequence;
    private final List<Map<Long, ByteBuffer>> outstanding = new ArrayList<>();
    private int lastFrameBytes;
    private long waitedNanos;

    ZmqOutlet(TransferManager manager, TransferConfig config, BufferPool pool, int sender, int consumers) {
        this.config = config;
        this.pool = pool;
        this.sender = sender;
        this.credit = new long[consumers];
        this.sequence = new long[consumers];
        Arrays.fill(credit, config.credit().bytes());
        List<String> endpoints = new ArrayList<>();
        for (int consumer = 0; consumer < consumers; consumer++) {
            ZMQ.Socket socket = manager.socket(SocketType.PUSH);
            socket.setSendTimeOut((int) config.connectTimeout().toMillis());
            CountDownLatch connected = new CountDownLatch(1);
            socket.setEventHook(event -> connected.countDown(), ZMQ.EVENT_HANDSHAKE_PROTOCOL);
            greeted.add(connected);
            endpoints.add(bind(socket));
            sockets.add(socket);
            outstanding.add(new HashMap<>());
        }
        credits = manager.socket(SocketType.PULL);
        address = new OutletAddress(endpoints, bind(credits));
    }

    private String bind(ZMQ.Socket socket) {
        int port = socket.bindToRandomPort("tcp://" + config.host());
        return "tcp://" + config.host() + ":" + port;
    }

    OutletAddress address() {
        return address;
    }

    @Override
    public int consumers() {
        return sockets.size();
    }

    @Override
    public long send(int consumer, int epoch, Batch<?> batch) throws InterruptedException {
        BatchCodec.Address to =
                new BatchCodec.Address(config.job(), config.generation(), sender, epoch, sequence[consumer]);
        ByteBuffer frame = codec.encode(batch, to, pool::take);
        int bytes = frame.limit();
        drainCredits();
        awaitUntil(() -> hasRoom(consumer, bytes));
        push(consumer, frame);
        lastFrameBytes = bytes;
        return bytes;
    }

    private void push(int consumer, ByteBuffer frame) throws InterruptedException {
        int bytes = frame.limit();
        // Sliced to its exact length: the encoder of JeroMQ sends up to the capacity.
        Msg message = new Msg(frame.slice(0, bytes));
        // A bound socket takes any connection for a consumer, and what it has put into one that never speaks is lost.
        boolean connected = greeted.get(consumer).await(config.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        if (!connected || !sockets.get(consumer).base().send(message, 0)) {
            pool.giveBack(frame);
            if (connected) {
                TransferManager.checkWait(sockets.get(consumer), "consumer " + consumer);
            }
            throw new InfrastructureException("consumer " + consumer + " of replica " + sender + " took nothing for "
                    + config.connectTimeout().toMillis() + " ms (expected: a connection to "
                    + address.data().get(consumer) + ")");
        }
        credit[consumer] -= bytes;
        outstanding.get(consumer).put(sequence[consumer]++, frame);
    }

    /**
     * Waits until a consumer has room for another frame like the last one: with room for less it would be waited for alone,
     * however fast the others are meanwhile.
     */
    @Override
    public int awaitRoomiest() throws InterruptedException {
        drainCredits();
        awaitUntil(() -> hasRoom(roomiest(), Math.max(1, lastFrameBytes)));
        return roomiest();
    }

    private boolean hasRoom(int consumer, int bytes) {
        return credit[consumer] >= bytes || outstanding.get(consumer).isEmpty();
    }

    private int roomiest() {
        int best = 0;
        for (int consumer = 1; consumer < credit.length; consumer++) {
            if (credit[consumer] > credit[best]) {
                best = consumer;
            }
        }
        return best;
    }

    @Override
    public void endEpoch(int epoch) throws InterruptedException {
        mark(FrameHeader.Kind.END_OF_EPOCH, epoch);
    }

    @Override
    public void endStream() throws InterruptedException {
        mark(FrameHeader.Kind.END_OF_STREAM, 0);
        awaitUntil(() -> outstanding.stream().allMatch(Map::isEmpty));
    }

    /** Marks are small and few: they do not wait for credit. */
    private void mark(FrameHeader.Kind kind, int epoch) throws InterruptedException {
        for (int consumer = 0; consumer < sockets.size(); consumer++) {
            ByteBuffer frame = pool.take(FrameHeader.BYTES);
            new FrameHeader(
                            kind,
                            FrameHeader.Codec.NONE,
                            config.job(),
                            config.generation(),
                            sender,
                            epoch,
                            0,
                            sequence[consumer],
                            0,
                            0)
                    .writeTo(frame);
            push(consumer, frame.limit(FrameHeader.BYTES));
        }
    }

    private interface Condition {
        boolean holds();
    }

    private void awaitUntil(Condition condition) throws InterruptedException {
        if (condition.holds()) {
            return;
        }
        long start = System.nanoTime();
        credits.setReceiveTimeOut(POLL_MILLIS);
        try {
            while (!condition.holds()) {
                if (takeNext(0)) {
                    drainCredits();
                }
            }
        } finally {
            waitedNanos += System.nanoTime() - start;
        }
    }

    private void drainCredits() throws InterruptedException {
        boolean taken = true;
        while (taken) {
            taken = takeNext(ZMQ.DONTWAIT);
        }
    }

    private boolean takeNext(int flags) throws InterruptedException {
        Msg message = credits.base().recv(flags);
        if (message == null) {
            TransferManager.checkWait(credits, "credit");
            return false;
        }
        take(message.data());
        return true;
    }

    private void take(byte[] message) {
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        int consumer = message.length == CREDIT_BYTES ? in.getInt(0) : -1;
        ByteBuffer frame = consumer >= 0 && consumer < credit.length
                ? outstanding.get(consumer).remove(in.getLong(8))
                : null;
        if (frame == null || in.getLong(16) != frame.limit()) {
            throw new InfrastructureException(
                    "a credit that fits no frame of replica " + sender + ": " + Arrays.toString(message));
        }
        credit[consumer] += frame.limit();
        pool.giveBack(frame);
    }

    @Override
    public int outstanding() {
        return outstanding.stream().mapToInt(Map::size).sum();
    }

    @Override
    public long waitedNanos() {
        return waitedNanos;
    }

    @Override
    public void close() {
        sockets.forEach(ZMQ.Socket::close);
        credits.close();
        for (Map<Long, ByteBuffer> frames : outstanding) {
            // Not to the pool: a socket may still be writing from them.
            frames.clear();
        }
    }
}
