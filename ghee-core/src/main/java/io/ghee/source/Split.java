package io.ghee.source;

import java.io.Serializable;

/**
 * One independently readable piece of a source: a value, cheap to send. Implement it as a record, of components that
 * Kryo can write.
 */
public interface Split extends Serializable {
    /** What a person would call it: {@code ratings.csv[0, 1048576)}. */
    String describe();
}
