package io.ghee.benchmarks;

import io.ghee.DataSize;

/** One way of getting messages from one process into another. */
interface Carrier {
    /** Makes the end that sends, without connecting it. */
    End sender(Load load) throws Exception;

    /** Makes the end that receives, without connecting it. */
    End receiver(Load load) throws Exception;

    /** One end, in a process of its own. */
    interface End {
        /** What the other end is to be told. */
        String endpoint();

        /** Sends, or receives and checks, until the process ends. */
        void run(String peer, Meter meter) throws Exception;
    }

    /**
     * What is to be carried.
     *
     * @param size bytes of data in a message
     * @param budget bytes that may be on the way
     */
    record Load(int size, DataSize budget) {
        /** How many messages the budget is for. */
        int window() {
            return (int) Math.max(4, budget.bytes() / size);
        }
    }
}
