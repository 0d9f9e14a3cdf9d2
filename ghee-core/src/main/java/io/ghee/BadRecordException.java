package io.ghee;

import org.jspecify.annotations.Nullable;

/**
 * One record is malformed. A stage function or a source throws it with what is wrong with the record; ghee adds where
 * the record came from. Up to {@link Pipeline#withMaxBadRecords} such records are skipped and counted; the next one
 * ends the job. A function of batches skips none: it would lose the whole batch. Any other exception of a stage function ends the job at once.
 */
public class BadRecordException extends InputException {
    public BadRecordException(String message) {
        this(message, null);
    }

    public BadRecordException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
