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
 * own, counted in batches, so that a sender that is an epoch ahead cannot take the room of one that is behind.
 */
public final class MemoryChannel {
    private final int senders;
    private final int creditBatches;
    private final LinkedBlockingQueue<Delivery>[] queues;

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

    public Inlet inlet(int consumer) {
        return new MemoryInlet(queues[consumer]);
    }

    private final class MemoryOutlet implements Outlet {
        private final int sender;
        private final int[] credit = new int[queues.length];
        private long waitedNanos;

        MemoryOutlet(int sender) {
            this.sender = sender;
            Arrays.fill(credit, creditBatches);
        }

        @Override
        public int consumers() {
            return queues.length;
        }

        @Override
        public long send(int consumer, int epoch, Batch<?> batch) throws InterruptedException {
            synchronized (credit) {
                while (credit[consumer] == 0) {
                    await();
                }
                credit[consumer]--;
            }
            queues[consumer].add(new Delivery.Data(sender, epoch, batch, () -> giveBack(consumer)));
            return 0;
        }

        private void giveBack(int consumer) {
            synchronized (credit) {
                credit[consumer]++;
                credit.notifyAll();
            }
        }

        private void await() throws InterruptedException {
            long start = System.nanoTime();
            credit.wait();
            waitedNanos += System.nanoTime() - start;
        }

        @Override
        public int awaitRoomiest() throws InterruptedException {
            synchronized (credit) {
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
                    await();
                }
            }
        }

        @Override
        public void endEpoch(int epoch) {
            for (LinkedBlockingQueue<Delivery> queue : queues) {
                queue.add(new Delivery.EndOfEpoch(sender, epoch));
            }
        }

        @Override
        public void endStream() {
            for (LinkedBlockingQueue<Delivery> queue : queues) {
                queue.add(new Delivery.EndOfStream(sender));
            }
        }

        @Override
        public int outstanding() {
            synchronized (credit) {
                return queues.length * creditBatches - Arrays.stream(credit).sum();
            }
        }

        @Override
        public long waitedNanos() {
            return waitedNanos;
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
            return queue.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void close() {}
    }
}
