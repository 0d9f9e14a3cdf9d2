package io.ghee.function;

import java.io.Serializable;

/** A function that uses what its replica opened once, a model for example. */
@FunctionalInterface
public interface WithFunction<W, T, R> extends Serializable {
    R apply(W opened, T input) throws Exception;
}
