package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.columnar.Columns;
import io.ghee.columnar.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches into frames and reads them back. Records of primitives, strings and arrays of them lie column by column;
 * batches of anything else, of mixed classes, or with a null string in them, go through Kryo. Used by one thread.
 */
public final class BatchCodec {
    private final Kryo kryo = Kryos.forRecords();
    private final Map<String, RecordLayout<?>> layouts = new HashMap<>();
    private final Output scratch = new Output(4096, Integer.MAX_VALUE - 64);

    /** Which frame a batch goes into. */
    public record Address(long job, int generation, int sender, int epoch, long sequence) {}

    /**
     * Writes a frame of data.
     *
     * @param allocator gives a buffer of at least so many bytes
     * @return the buffer, from 0 to the frame's length
     * @throws ConfigurationException if the records cannot be written, or are too many for a frame
     */
    public ByteBuffer encode(Batch<?> batch, Address to, IntFunction<ByteBuffer> allocator) {
        RecordLayout<Object> layout = layout(batch);
        if (layout == null) {
            return encodeObjects(batch, to, allocator);
        }
        byte[] name = layout.type().getName().getBytes(StandardCharsets.UTF_8);
        if (batch.isColumnar()) {
            ByteBuffer columns = batch.columns().encoded();
            ByteBuffer frame = begin(
                    header(batch, FrameHeader.Codec.COLUMNAR, to, name.length, columns.remaining()), name, allocator);
            return frame.put(columns).flip();
        }
        RecordLayout<Object>.Encoding encoding;
        try {
            encoding = layout.measure(batch.records());
        } catch (BadRecordException nullInside) {
            return encodeObjects(batch, to, allocator);
        }
        ByteBuffer frame =
                begin(header(batch, FrameHeader.Codec.COLUMNAR, to, name.length, encoding.bytes()), name, allocator);
        encoding.writeTo(frame);
        return frame.flip();
    }

    private ByteBuffer encodeObjects(Batch<?> batch, Address to, IntFunction<ByteBuffer> allocator) {
        scratch.reset();
        for (Object record : batch) {
            try {
                kryo.writeClassAndObject(scratch, record);
            } catch (RuntimeException | StackOverflowError e) {
                throw new ConfigurationException(
                        "a record of "
                                + (record == null ? "null" : record.getClass().getName())
                                + " cannot be sent to the next stage: " + firstLine(e),
                        e);
            }
        }
        ByteBuffer frame =
                begin(header(batch, FrameHeader.Codec.KRYO, to, 0, scratch.position()), new byte[0], allocator);
        return frame.put(scratch.getBuffer(), 0, scratch.position()).flip();
    }

    private static FrameHeader header(
            Batch<?> batch, FrameHeader.Codec codec, Address to, int nameBytes, int payloadBytes) {
        return new FrameHeader(
                FrameHeader.Kind.DATA,
                codec,
                to.job(),
                to.generation(),
                to.sender(),
                to.epoch(),
                batch.size(),
                to.sequence(),
                nameBytes,
                payloadBytes);
    }

    private static ByteBuffer begin(FrameHeader header, byte[] name, IntFunction<ByteBuffer> allocator) {
        long bytes = (long) header.payloadOffset() + header.payloadBytes();
        if (bytes > FrameHeader.LONGEST_FRAME) {
            throw new ConfigurationException("a batch of " + header.rows() + " records takes " + bytes
                    + " bytes (expected: <= " + FrameHeader.LONGEST_FRAME + "; use smaller batches)");
        }
        ByteBuffer frame = allocator.apply((int) bytes);
        header.writeTo(frame);
        frame.put(FrameHeader.BYTES, name);
        return frame.position(header.payloadOffset());
    }

    /** The layout that all records of a batch share, or null. */
    @SuppressWarnings("unchecked")
    private static @Nullable RecordLayout<Object> layout(Batch<?> batch) {
        if (batch.isColumnar()) {
            return (RecordLayout<Object>) batch.layout();
        }
        List<?> records = batch.records();
        Object first = records.isEmpty() ? null : records.get(0);
        if (first == null) {
            return null;
        }
        Class<?> type = first.getClass();
        for (Object record : records) {
            if (record == null || record.getClass() != type) {
                return null;
            }
        }
        return (RecordLayout<Object>) RecordLayout.find(type).orElse(null);
    }

    /**
     * Reads the batch of a frame of data. A columnar batch is a view of the frame.
     *
     * @throws InfrastructureException if the payload is damaged, or of a class that is not here
     */
    public Batch<?> decode(FrameHeader header, ByteBuffer frame) {
        ByteBuffer payload = frame.slice(header.payloadOffset(), header.payloadBytes());
        return header.codec() == FrameHeader.Codec.COLUMNAR
                ? view(layout(header, frame), header, payload)
                : decodeObjects(header, payload);
    }

    private static <T> Batch<T> view(RecordLayout<T> layout, FrameHeader header, ByteBuffer payload) {
        Columns columns = layout.columns(payload);
        if (columns.rows() != header.rows()) {
            throw new InfrastructureException(
                    "rows in columns: " + columns.rows() + " (expected: " + header.rows() + " as in the header)");
        }
        return Batch.of(layout, columns);
    }

    private Batch<Object> decodeObjects(FrameHeader header, ByteBuffer payload) {
        BoundedInput in = new BoundedInput(payload.order(ByteOrder.nativeOrder()));
        List<Object> records = new ArrayList<>(Math.min(header.rows(), payload.limit()));
        try {
            for (int row = 0; row < header.rows(); row++) {
                records.add(kryo.readClassAndObject(in));
            }
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // Whatever the constructors of the records at hand make of damaged values.
            throw new InfrastructureException("objects in a frame cannot be read: " + firstLine(e), e);
        }
        if (in.position() != header.payloadBytes()) {
            throw new InfrastructureException("bytes of " + header.rows() + " objects in a frame: " + in.position()
                    + " (expected: " + header.payloadBytes() + ")");
        }
        return Batch.of(records);
    }

    /** What went wrong; the lines after it tell Kryo's path to it. */
    private static String firstLine(Throwable e) {
        return e.toString().lines().findFirst().orElse("");
    }

    private RecordLayout<?> layout(FrameHeader header, ByteBuffer frame) {
        byte[] utf8 = new byte[header.nameBytes()];
        frame.get(FrameHeader.BYTES, utf8);
        return layouts.computeIfAbsent(new String(utf8, StandardCharsets.UTF_8), BatchCodec::load);
    }

    private static RecordLayout<?> load(String name) {
        try {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            Class<?> type = Class.forName(name, false, loader);
            return RecordLayout.find(type)
                    .orElseThrow(() -> new InfrastructureException("record class: " + name + " (expected: a record of"
                            + " primitives, strings and arrays of them)"));
        } catch (ClassNotFoundException | LinkageError | ConfigurationException e) {
            throw new InfrastructureException("record class: " + name + " (expected: a class of this worker)", e);
        }
    }
}
