package io.ghee.function;

import java.io.Serializable;

/** Opens, once per replica, what a stage function needs: a model, a connection. Closed at the end if it is {@link AutoCloseable}. */
@FunctionalInterface
public interface Opener<W> extends Serializable {
    W open(int replica) throws Exception;
}
