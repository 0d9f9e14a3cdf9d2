package io.ghee.plan;

/** The forms of {@link Explain}. */
public enum ExplainFormat {
    /** For a terminal. */
    TEXT,
    /** For programs. */
    JSON,
    /** For Graphviz. */
    DOT
}
