package io.ghee.function;

import java.io.Serializable;

/** Makes one record of one record. Throw {@link io.ghee.BadRecordException} to call the record malformed. */
@FunctionalInterface
public interface RecordFunction<T, R> extends Serializable {
    R apply(T record) throws Exception;
}
