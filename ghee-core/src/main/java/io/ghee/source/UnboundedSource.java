package io.ghee.source;

/**
 * A source that never ends: its splits go on as long as something is added to them. So there is one pass, and each worker
 * reads all of its splits at a time, in one thread; see {@link SplitReader#isOver}.
 *
 * @param <T> the records
 */
public interface UnboundedSource<T> extends Source<T> {}
