package io.ghee.io.kafka;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Writes what one replica makes, in transactions: a transaction has the records, and the position up to which the replica has
 * come with them. Either both are seen, or neither. Whoever opens a writer with the same id ends the transaction that an
 * earlier one had open, and refuses whatever that does from then on. Used by one thread, which closes it.
 *
 * <p>A method that has thrown an exception leaves the writer unusable; what was not committed is discarded. After an exception
 * of {@link #commit}, the position in the {@link CursorTopic} tells whether it was: a new writer has decided that.
 */
final class TransactionalWriter<T> implements AutoCloseable {
    /** How long a writer that is closed waits for the brokers to discard its transaction; then they do so by themselves. */
    private static final Duration CLOSING = Duration.ofSeconds(10);

    private final KafkaSink<T> sink;
    private final String transactionalId;
    private final CursorTopic cursor;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> unsent = new AtomicReference<>();
    private boolean begun;
    private boolean broken;

    /**
     * Opens a writer, and fences the earlier one of this id.
     *
     * @param transactionalId the same for all that this replica ever writes: of the job and the number of the replica
     */
    TransactionalWriter(KafkaSink<T> sink, String transactionalId, CursorTopic cursor) throws InterruptedIOException {
        this.sink = sink;
        this.transactionalId = transactionalId;
        this.cursor = cursor;
        try {
            this.producer = new KafkaProducer<>(sink.settings().producer(transactionalId));
        } catch (KafkaException e) {
            throw failure(e);
        }
        try {
            attempt(producer::initTransactions);
        } catch (GheeException | InterruptedIOException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    /** Adds a record to the transaction. */
    void write(T record) throws Exception {
        ProducerRecord<byte[], byte[]> encoded = sink.encode(record);
        attempt(() -> send(encoded));
    }

    /** Commits what was written, and with it the position, of any length. */
    void commit(byte[] position) throws InterruptedIOException {
        commit(position, Map.of());
    }

    /**
     * Commits, and forgets the positions of others.
     *
     * @param forgotten by id
     */
    void commit(byte[] position, Map<String, byte[]> forgotten) throws InterruptedIOException {
        attempt(() -> {
            forgotten.forEach((id, last) -> cursor.tombstones(id, last).forEach(this::send));
            cursor.records(transactionalId, position).forEach(this::send);
            producer.flush();
            check();
            producer.commitTransaction();
            begun = false;
        });
    }

    /** Discards what was written since the last commit. */
    void abort() throws InterruptedIOException {
        if (begun) {
            attempt(() -> {
                producer.abortTransaction();
                unsent.set(null);
                begun = false;
            });
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the callback hears of it
    private void send(ProducerRecord<byte[], byte[]> record) {
        check();
        if (!begun) {
            producer.beginTransaction();
            begun = true;
        }
        producer.send(record, (where, e) -> {
            if (e != null) {
                unsent.compareAndSet(null, e);
            }
        });
    }

    /** Throws what a record met that was sent before. */
    private void check() {
        Exception e = unsent.get();
        if (e != null) {
            throw new KafkaException(e);
        }
    }

    private void attempt(Runnable action) throws InterruptedIOException {
        if (broken) {
            throw new IllegalStateException("the writer " + transactionalId + " has failed before");
        }
        broken = true;
        try {
            action.run();
        } catch (InterruptException e) {
            throw interrupted(e);
        } catch (KafkaException e) {
            // the record that was refused says more than what comes of it
            Exception first = unsent.get();
            GheeException failure = failure(first == null ? e : first);
            if (begun && !(failure instanceof InfrastructureException)) {
                discard(failure);
            }
            throw failure;
        }
        broken = false;
    }

    /** Ends the transaction of a record that was refused, by brokers that are there. */
    private void discard(GheeException failure) {
        try {
            producer.abortTransaction();
            begun = false;
        } catch (KafkaException e) {
            failure.addSuppressed(e);
        }
    }

    private GheeException failure(Exception e) {
        GheeException failure =
                KafkaErrors.of(e, "writing to " + sink.topic() + " as " + transactionalId, sink.settings());
        return failure instanceof InputException ? new InfrastructureException(failure.reason(), failure) : failure;
    }

    /** Discards what is not committed. */
    @Override
    public void close() throws InterruptedIOException {
        try {
            // the client aborts the open transaction, if it still can
            producer.close(CLOSING);
        } catch (InterruptException e) {
            throw interrupted(e);
        }
    }

    private InterruptedIOException interrupted(InterruptException e) {
        InterruptedIOException interrupted = new InterruptedIOException("writing to " + sink.topic());
        interrupted.initCause(e);
        return interrupted;
    }
}
