package io.ghee.transfer;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What carries messages from process to process, and is allowed to lose them: a connection that breaks takes with it what is
 * on the way. What arrives is whole, at most once, and on one connection in order; what came over an earlier connection may
 * arrive after what came over a later one. Whoever receives binds, whoever sends connects, and anyone may connect.
 */
interface Transport extends AutoCloseable {
    /**
     * Binds an inbox.
     *
     * @param longest bytes of the longest message; a longer one ends its connection before anything is allocated for it
     */
    Inbox bind(long longest);

    /**
     * Begins to connect to an inbox, and to connect again whenever the connection breaks.
     *
     * @param changed is called whenever the connection has been established; by any thread, and is to be quick
     */
    Outbox connect(String endpoint, Runnable changed);

    @Override
    void close();

    /** Where messages arrive, of all that connect. Used by one thread at a time, but for {@link #wake}. */
    interface Inbox extends AutoCloseable {
        /** Where to connect to. */
        String endpoint();

        /**
         * The next message, or null if none came in time, or there was a {@link #wake}.
         *
         * @param millis to wait; 0 for not at all
         */
        @Nullable
        Arrived receive(long millis) throws InterruptedException;

        /** Why a message of so many bytes could not be received, or null if none was refused that could be this one. */
        @Nullable
        String refused(long bytes);

        /** Makes {@link #receive} return. Any thread may call it, also after the end. */
        void wake();

        /** Closes it. Buffers that have arrived and are not given back are not used again. */
        @Override
        void close();
    }

    /** A message that has arrived. */
    interface Arrived {
        /** From 0 to its limit, little-endian. */
        ByteBuffer message();

        /** The message is not read any more. */
        void giveBack();
    }

    /** What messages are sent into, to one inbox. Used by one thread at a time. */
    interface Outbox extends AutoCloseable {
        String endpoint();

        /**
         * Sends {@code message}, from 0 to its limit, in order. Its bytes must not change as long as it may be on its way,
         * which is over when it, or one that was sent after it, has arrived. Never waits.
         *
         * @return false if it was not taken, and is lost
         */
        boolean send(ByteBuffer message);

        /** How many times there has been a connection. */
        int connections();

        boolean isConnected();

        /** To be called now and then while there is no connection: helps one come about. */
        void help();

        /**
         * Makes everything anew if there has been no connection for long.
         *
         * @return true if so: what was on its way then is lost, but may still be read for a while
         */
        boolean renew();

        /** Closes it; what has been sent still goes out for so long, beside. */
        void close(int lingerMillis);

        @Override
        default void close() {
            close(0);
        }
    }
}
