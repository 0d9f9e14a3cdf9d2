package io.ghee.run;

/** What a worker's time goes into. At every moment it is one of these, so that together they are the wall time. */
public enum Activity {
    /** Getting records from the source. Estimated from a sample of the calls, and taken from {@link #COMPUTE}. */
    READ("read"),
    /** Running the functions of the stage; in a train stage, the train function. In the last stage also writing. */
    COMPUTE("compute"),
    /** Writing batches into frames and handing them over. */
    SERIALISE("serialise"),
    /** Waiting because the next stage has no room. */
    WAIT_CREDIT("wait for credit"),
    /** Waiting for the stage before. */
    WAIT_INPUT("wait for input"),
    /** Waiting for the driver: for a split, for a turn, for the other replicas at the end of an epoch. */
    WAIT_DRIVER("wait for driver"),
    /** In an operation with the other ranks of the stage, which for the most part is waiting for them. */
    WAIT_RANKS("with other ranks");

    private final String label;

    Activity(String label) {
        this.label = label;
    }

    /** The activity in words, for reports. */
    public String label() {
        return label;
    }

    /** True if nothing is done meanwhile. */
    public boolean isWaiting() {
        return this == WAIT_CREDIT || this == WAIT_INPUT || this == WAIT_DRIVER || this == WAIT_RANKS;
    }
}
