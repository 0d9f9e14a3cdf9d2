package io.ghee.function;

import java.io.Serializable;

/** Tells the key of a record: a string, a boxed primitive or a UUID, whose hash is the same in every JVM. */
@FunctionalInterface
public interface KeyFunction<T> extends Serializable {
    Object key(T record) throws Exception;
}
