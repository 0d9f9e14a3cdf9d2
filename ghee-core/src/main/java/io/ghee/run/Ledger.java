package io.ghee.run;

import io.ghee.channel.Origins;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one worker has seen come and go of the records of each of the {@link Units}, so that the driver can tell when nothing of
 * one is under way any more.
 *
 * <p>Every record that comes into being adds the hash of its origin to the account of its unit, wherever in the job that
 * is: a record that is read, each one that a flatMap makes. Every record that ends takes its hash away: one that is
 * filtered out, that becomes others, that arrives in the last stage. While it is held back, batched, sent and received it
 * keeps still. So the sum over all workers is 0 when all has arrived, and, as the hashes have 64 bits, as good as never
 * before: not even if the workers' accounts were taken at different times, as long as what is made of a record is added
 * before the record is taken away. Storm's acker is built on the same idea ("Guaranteeing message processing", Apache Storm).
 *
 * <p>Written by the task's thread, read by any.
 */
final class Ledger {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int RECENT = 16;

    private final int generation;
    private final @Nullable Units units;
    private final Map<Long, Account> accounts = new ConcurrentHashMap<>();
    private final @Nullable Account[] recent = new @Nullable Account[RECENT];
    private int epoch;

    private static final class Account {
        private final int epoch;
        private final long unit;
        private final AtomicLong sum = new AtomicLong();
        private volatile boolean exhausted;
        private volatile long reached = -1;

        Account(int epoch, long unit) {
            this.epoch = epoch;
            this.unit = unit;
        }

        void add(long hash) {
            // There is one writer.
            sum.lazySet(sum.getPlain() + hash);
        }
    }

    private Ledger(int generation, @Nullable Units units) {
        this.generation = generation;
        this.units = units;
    }

    /** An empty one. */
    static Ledger of(int generation, Units units) {
        return new Ledger(generation, units);
    }

    /** One that keeps nothing. */
    static Ledger none() {
        return new Ledger(0, null);
    }

    int generation() {
        return generation;
    }

    /** What is added and removed from now on belongs to this epoch. */
    void epoch(int number) {
        if (number != epoch) {
            epoch = number;
            Arrays.fill(recent, null);
        }
    }

    /** A record has come into being. */
    void add(long id, long path) {
        if (units != null) {
            account(units.of(id)).add(hash(id, path));
        }
    }

    /** All records of a batch have come into being. */
    void add(Origins origins) {
        add(origins, 1);
    }

    /** A record has ended here. */
    void remove(long id, long path) {
        if (units != null) {
            account(units.of(id)).add(-hash(id, path));
        }
    }

    /** All records of a batch have ended here. */
    void remove(Origins origins) {
        add(origins, -1);
    }

    /** A batch is of few units: their accounts are looked for once for each stretch of rows of the same one. */
    private void add(Origins origins, int sign) {
        int row = 0;
        while (units != null && row < origins.rows()) {
            long unit = units.of(origins.id(row));
            long sum = 0;
            while (row < origins.rows() && units.of(origins.id(row)) == unit) {
                sum += hash(origins.id(row), origins.path(row));
                row++;
            }
            account(unit).add(sign * sum);
        }
    }

    /** Every record before a place of a split, from another one on, has been added. */
    void exhausted(int split, long from, long place) {
        if (units != null) {
            for (long unit = units.of(split, from); unit < units.of(split, place); unit++) {
                account(unit).exhausted = true;
            }
        }
    }

    /** Every record before a place of a split has been added, and it goes on there. */
    void reached(int split, long place) {
        if (units != null) {
            account(units.of(split, place)).reached = place;
        }
    }

    private Account account(long unit) {
        Account account = recent[(int) unit & RECENT - 1];
        if (account == null || account.unit != unit) {
            account = accounts.computeIfAbsent(Units.key(epoch, unit), k -> new Account(epoch, unit));
            recent[(int) unit & RECENT - 1] = account;
        }
        return account;
    }

    private static long hash(long id, long path) {
        return mix(id + GOLDEN + mix(path));
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long mix(long z) {
        long y = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        long x = (y ^ y >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }

    /** The path of the {@code n}th record, from 0, that is made of one of {@code path}. */
    static long path(long path, int n) {
        return path == 0 ? n + 1L : mix(path * GOLDEN + n + 1);
    }

    /** Every account there is. */
    List<WorkerProgress.Account> entries() {
        List<WorkerProgress.Account> entries = new ArrayList<>();
        for (Account account : accounts.values()) {
            // In this order: what was added before the end was reached must be in the sum.
            boolean exhausted = account.exhausted;
            long reached = account.reached;
            entries.add(new WorkerProgress.Account(account.epoch, account.unit, account.sum.get(), exhausted, reached));
        }
        return entries;
    }

    /** Closes the account of a unit of which nothing is under way any more. */
    void close(int inEpoch, long unit) {
        accounts.remove(Units.key(inEpoch, unit));
    }
}
