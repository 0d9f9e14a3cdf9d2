package io.ghee.testing;

import java.time.Duration;

/** Something that goes wrong, and when. Immutable; {@code toString} says all of it. */
public sealed interface Fault {
    /** The kinds of faults there are, for {@link FaultSchedule.Builder#kinds}. */
    enum Kind {
        KILL,
        PAUSE,
        RESET_ALL,
        RESET_ONE,
        CUT,
        DELAY,
        HALF_OPEN,
        THROTTLE;

        /** True for those that strike a worker and not a connection. */
        public boolean isOfWorker() {
            return this == KILL || this == PAUSE;
        }
    }

    Kind kind();

    Moment at();

    /**
     * A worker is killed: its process by SIGKILL. If workers are threads, the one of the stage that takes the next record,
     * whichever replica that is, dies by an exception; see {@link Sabotage}.
     */
    record Kill(Moment at, String stage, int replica) implements Fault {
        @Override
        public Kind kind() {
            return Kind.KILL;
        }

        @Override
        public String toString() {
            return "kill " + stage + "-" + replica + " " + at;
        }
    }

    /** The process of a worker stands still for some time: it neither works nor answers, but its connections are open. */
    record Pause(Moment at, String stage, int replica, Duration lasts) implements Fault {
        @Override
        public Kind kind() {
            return Kind.PAUSE;
        }

        @Override
        public String toString() {
            return "pause " + stage + "-" + replica + " for " + lasts.toMillis() + " ms " + at;
        }
    }

    /** All connections are reset. */
    record ResetAll(Moment at) implements Fault {
        @Override
        public Kind kind() {
            return Kind.RESET_ALL;
        }

        @Override
        public String toString() {
            return "reset all connections " + at;
        }
    }

    /**
     * One connection is reset.
     *
     * @param pick chooses it among those there are then
     */
    record ResetOne(Moment at, int pick) implements Fault {
        @Override
        public Kind kind() {
            return Kind.RESET_ONE;
        }

        @Override
        public String toString() {
            return "reset one connection (pick " + pick + ") " + at;
        }
    }

    /** All connections of one link are reset when they have carried {@code bytes} more: in the middle of a frame. */
    record Cut(Moment at, int pick, long bytes) implements Fault {
        @Override
        public Kind kind() {
            return Kind.CUT;
        }

        @Override
        public String toString() {
            return "cut a link (pick " + pick + ") " + bytes + " bytes later " + at;
        }
    }

    /** A link is slow to deliver for some time. */
    record Delay(Moment at, int pick, Duration by, Duration lasts) implements Fault {
        @Override
        public Kind kind() {
            return Kind.DELAY;
        }

        @Override
        public String toString() {
            return "delay a link (pick " + pick + ") by " + by.toMillis() + " ms for " + lasts.toMillis() + " ms " + at;
        }
    }

    /** A link swallows, for some time, all that is sent in one direction. */
    record HalfOpen(Moment at, int pick, Direction direction, Duration lasts) implements Fault {
        @Override
        public Kind kind() {
            return Kind.HALF_OPEN;
        }

        @Override
        public String toString() {
            return "half-open a link (pick " + pick + ", nothing " + direction + ") for " + lasts.toMillis() + " ms "
                    + at;
        }
    }

    /** A link carries little for some time, as if who receives were slow. */
    record Throttle(Moment at, int pick, long bytesPerSecond, Duration lasts) implements Fault {
        @Override
        public Kind kind() {
            return Kind.THROTTLE;
        }

        @Override
        public String toString() {
            return "throttle a link (pick " + pick + ") to " + bytesPerSecond + " bytes/s for " + lasts.toMillis()
                    + " ms " + at;
        }
    }
}
