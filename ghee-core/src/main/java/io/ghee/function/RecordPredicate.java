package io.ghee.function;

import java.io.Serializable;

/** Chooses records. Must give the same answer for the same record every time: it is asked again in every epoch. */
@FunctionalInterface
public interface RecordPredicate<T> extends Serializable {
    boolean test(T record) throws Exception;
}
