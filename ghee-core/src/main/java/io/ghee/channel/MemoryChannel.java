package io.ghee.channel;

import static io.ghee.ConfigurationException.check;

import io.ghee.Batch;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An edge between threads of one JVM: batches cross by reference. Every pair of sender and consumer has a credit of its
 * own, counted in batches, so that a sender that is an epoch ahead cannot take the room of one that is behind. To abandon
 * one end abandons the channel.
 */
public final class MemoryChannel {
    /** How soon a waiting sender finds out that the other end has abandoned the channel. */
    private static final long WAKE_MILLIS = 20;

    private final int senders;
    private final int creditBatches;
    private final LinkedBlockingQueue<Delivery>[] queues;
    private volatile boolean abandoned;

    /**
     * Joins {@code senders} replicas with {@code consumers} replicas.
     *
     * @param creditBatches batches that each sender may have on the way to each consumer; at least 1
     */
    @SuppressWarnings({"unchecked", "rawtypes"})
    public MemoryChannel(int senders, int consumers, int creditBatches) {
        this.senders = check(senders >= 1, "senders", senders, ">= 1");
        check(consumers >= 1, "consumers", consumers, ">= 1");
        this.creditBatches = check(creditBatches >= 1, "credit", creditBatches, ">= 1 batch");
        queues = new LinkedBlockingQueue[consumers];
        Arrays.setAll(queues, consumer -> new LinkedBlockingQueue<Delivery>());
    }

    public Outlet outlet(int sender) {
        return new MemoryOutlet(sender);
    }

    /** Abandons all its ends. */
    public void abandon() {
        abandoned = true;
    }

    private void checkAbandoned() {
        if (abandoned) {
            throw new AbandonedException();
        }
    }

    public Inlet inlet(int consumer) {
        return new MemoryInlet(queues[consumer]);
    }

    private final class MemoryOutlet implements Outlet {
        private final int sender;
        private final int[] credit = new int[queues.length];
        private final long[] waitedNanos = new long[queues.length];

        MemoryOutlet(int sender) {
            this.sender = sender;
            Arrays.fill(credit, creditBatches);
        }

        @Override
        public int consumers() {
            return queues.length;
        }

        @Override
        public long send(int consumer, int epoch, Batch<?> batch, Origins origins) throws InterruptedException {
            synchronized (credit) {
                checkAbandoned();
                while (credit[consumer] == 0) {
                    await(consumer);
                }
                credit[consumer]--;
            }
            queues[consumer].add(new Delivery.Data(sender, epoch, batch, origins, () -> giveBack(consumer)));
            return 0;
        }

        private void giveBack(int consumer) {
            synchronized (credit) {
                credit[consumer]++;
                credit.notifyAll();
            }
        }

        private void await(int consumer) throws InterruptedException {
            long start = System.nanoTime();
            credit.wait(WAKE_MILLIS);
            waitedNanos[consumer] += System.nanoTime() - start;
            checkAbandoned();
        }

        @Override
        public int awaitRoomiest() throws InterruptedException {
            synchronized (credit) {
                checkAbandoned();
                while (true) {
                    int best = 0;
                    for (int consumer = 1; consumer < credit.length; consumer++) {
                        if (credit[consumer] > credit[best]) {
                            best = consumer;
                        }
                    }
                    if (credit[best] > 0) {
                        return best;
                    }
                    await(best);
                }
            }
        }

        @Override
        public void endEpoch(int epoch, @Nullable Batch<?> spare) {
            checkAbandoned();
            for (LinkedBlockingQueue<Delivery> queue : queues) {
                queue.add(new Delivery.EndOfEpoch(sender, epoch, spare == null ? null : spare.share()));
            }
        }

        @Override
        public void endStream() throws InterruptedException {
            checkAbandoned();
            for (LinkedBlockingQueue<Delivery> queue : queues) {
                queue.add(new Delivery.EndOfStream(sender));
            }
            synchronized (credit) {
                for (int consumer = 0; consumer < credit.length; consumer++) {
                    while (credit[consumer] < creditBatches) {
                        await(consumer);
                    }
                }
            }
        }

        @Override
        public int outstanding() {
            synchronized (credit) {
                return queues.length * creditBatches - Arrays.stream(credit).sum();
            }
        }

        @Override
        public long waitedNanos(int consumer) {
            return waitedNanos[consumer];
        }

        @Override
        public void abandon() {
            abandoned = true;
            synchronized (credit) {
                credit.notifyAll();
            }
        }

        @Override
        public void close() {}
    }

    private final class MemoryInlet implements Inlet {
        private final LinkedBlockingQueue<Delivery> queue;

        MemoryInlet(LinkedBlockingQueue<Delivery> queue) {
            this.queue = queue;
        }

        @Override
        public int senders() {
            return senders;
        }

        @Override
        public @Nullable Delivery receive(Duration timeout) throws InterruptedException {
            checkAbandoned();
            Delivery next = queue.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
            checkAbandoned();
            return next;
        }

        @Override
        public void abandon() {
            abandoned = true;
        }

        @Override
        public void close() {}
    }
}
