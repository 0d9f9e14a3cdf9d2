package io.ghee.io.file;

import java.io.Serializable;

/**
 * Makes a record of the key and the value of an entry. Throw {@link io.ghee.BadRecordException} to call the entry
 * malformed.
 */
@FunctionalInterface
public interface EntryFunction<K, V, T> extends Serializable {
    T apply(K key, V value) throws Exception;
}
