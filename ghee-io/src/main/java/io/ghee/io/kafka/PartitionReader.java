package io.ghee.io.kafka;

import io.ghee.BadRecordException;
import io.ghee.GheeException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Reads one partition. The place of a record is its offset. */
final class PartitionReader<T> implements SplitReader<T> {
    private final KafkaSplit split;
    private final WorkerConsumer.Partition partition;
    private final Decoder<T> decoder;
    private final @Nullable DeadLetterWriter deadLetters;
    private long offset;
    private long quarantined;
    private boolean over;

    /** A reader that keeps no dead letters if {@code deadLetters} is null: then a malformed record is an exception. */
    PartitionReader(
            KafkaSplit split,
            WorkerConsumer.Partition partition,
            Decoder<T> decoder,
            @Nullable DeadLetterWriter deadLetters) {
        this.split = split;
        this.partition = partition;
        this.decoder = decoder;
        this.deadLetters = deadLetters;
        this.offset = split.start();
    }

    @Override
    public @Nullable T next() throws Exception {
        T record = take();
        if (record == null && !partition.isOver()) {
            partition.fetch();
            record = take();
        }
        over = record == null && partition.isOver();
        if (deadLetters != null) {
            deadLetters.flush();
        }
        return record;
    }

    /** The next record that is at hand and can be decoded. */
    private @Nullable T take() throws Exception {
        for (ConsumerRecord<byte[], byte[]> raw = partition.take(); raw != null; raw = partition.take()) {
            offset = raw.offset();
            try {
                T record = decode(raw);
                if (record != null) {
                    return record;
                }
            } catch (BadRecordException e) {
                if (deadLetters == null) {
                    throw e;
                }
                deadLetters.write(raw, e.reason());
                quarantined++;
            }
        }
        return null;
    }

    private @Nullable T decode(ConsumerRecord<byte[], byte[]> raw) throws InterruptedException {
        try {
            return decoder.decode(KafkaRecord.of(raw));
        } catch (GheeException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new BadRecordException("cannot be decoded: " + e, e);
        }
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public long place(long counted) {
        return offset;
    }

    @Override
    public String position() {
        return split.topic() + "-" + split.partition() + "@" + offset;
    }

    /** Offsets up to the end of a bounded split, else of the partition. */
    @Override
    public long lag() {
        return partition.lag();
    }

    @Override
    public long nextPlace() {
        return partition.next();
    }

    @Override
    public long quarantined() {
        return quarantined;
    }

    @Override
    public void close() throws IOException {
        partition.close();
    }
}
