package io.ghee.testing;

/** Which way bytes go over a link. */
public enum Direction {
    /** From the peer that has connected to the one that had bound. */
    TO_LISTENER,
    /** From the peer that had bound to the one that has connected. */
    TO_DIALER
}
