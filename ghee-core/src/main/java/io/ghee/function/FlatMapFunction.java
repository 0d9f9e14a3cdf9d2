package io.ghee.function;

import java.io.Serializable;

/** Makes any number of records of one record. */
@FunctionalInterface
public interface FlatMapFunction<T, R> extends Serializable {
    Iterable<? extends R> apply(T record) throws Exception;
}
