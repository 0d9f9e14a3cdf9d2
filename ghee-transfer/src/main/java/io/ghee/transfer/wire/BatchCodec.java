package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.columnar.Columns;
import io.ghee.columnar.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches into the bodies of frames and reads them back, each as its header (see {@link BatchHeader}), the name of
 * the record class, its origins and its records. Records of primitives, strings and arrays of them lie column by column;
 * batches of anything else, of mixed classes, or with a null string in them, go through Kryo. Used by one thread.
 */
public final class BatchCodec {
    static final int HEADER_BYTES = 24;

    private final int largest;
    private final Kryo kryo = Kryos.forRecords();
    private final Map<String, RecordLayout<?>> layouts = new HashMap<>();
    private final Output scratch = new Output(4096, Integer.MAX_VALUE - 64);
    private ByteBuffer preparedSpace = ByteBuffer.allocateDirect(0);
    private @Nullable Prepared prepared;

    /** The columns of records that are measured several times. */
    private record Prepared(List<?> records, RecordLayout<Object> layout, ByteBuffer columns) {}

    /**
     * A codec.
     *
     * @param largest bytes that a batch may take in a frame; a longer one is not written
     */
    public BatchCodec(int largest) {
        this.largest = largest;
    }

    /** A batch that is measured and ready to be written, before the next one is measured. */
    public static final class Measured {
        private final BatchHeader header;
        private final byte[] name;
        private final Origins origins;
        private final Consumer<ByteBuffer> payload;

        private Measured(BatchHeader header, byte[] name, Origins origins, Consumer<ByteBuffer> payload) {
            this.header = header;
            this.name = name;
            this.origins = origins;
            this.payload = payload;
        }

        /** The exact number of bytes that {@link #writeTo} writes, a multiple of 8. */
        public int bytes() {
            return header.end();
        }

        /** Writes at the position of {@code body}, a multiple of 8, and moves it. */
        public void writeTo(ByteBuffer body) {
            body.order(ByteOrder.LITTLE_ENDIAN);
            int at = body.position();
            BatchHeader here = header.movedTo(at);
            here.writeTo(body);
            body.put(here.nameAt(), name).position(here.originsAt());
            OriginsCodec.write(origins, here.form(), body);
            payload.accept(body.position(here.payloadAt()));
            body.position(here.end());
        }
    }

    /** Encodes a batch that is measured several times after that: so it is done once. */
    public void prepare(Batch<?> batch) {
        prepared = null;
        RecordLayout<Object> layout = batch.isColumnar() ? null : layout(batch);
        if (layout == null) {
            return;
        }
        RecordLayout<Object>.Encoding encoding;
        try {
            encoding = layout.measure(batch.records());
        } catch (BadRecordException nullInside) {
            return;
        }
        if (preparedSpace.capacity() < encoding.bytes()) {
            preparedSpace = ByteBuffer.allocateDirect(encoding.bytes());
        }
        encoding.writeTo(preparedSpace.clear());
        prepared = new Prepared(batch.records(), layout, preparedSpace.flip().slice());
    }

    /**
     * Measures a batch.
     *
     * @throws ConfigurationException if the records cannot be written, or are too many for a frame
     */
    public Measured measure(Batch<?> batch, Origins origins) {
        if (prepared != null && !batch.isColumnar() && batch.records() == prepared.records) {
            return measureColumns(batch, prepared.layout, prepared.columns, origins);
        }
        RecordLayout<Object> layout = layout(batch);
        if (layout == null) {
            return measureObjects(batch, origins);
        } else if (batch.isColumnar()) {
            return measureColumns(batch, layout, batch.columns().encoded(), origins);
        }
        try {
            RecordLayout<Object>.Encoding encoding = layout.measure(batch.records());
            return measured(
                    batch, BatchHeader.Codec.COLUMNAR, nameOf(layout), encoding.bytes(), origins, encoding::writeTo);
        } catch (BadRecordException nullInside) {
            return measureObjects(batch, origins);
        }
    }

    private static byte[] nameOf(RecordLayout<?> layout) {
        return layout.type().getName().getBytes(StandardCharsets.UTF_8);
    }

    private Measured measureColumns(Batch<?> batch, RecordLayout<?> layout, ByteBuffer columns, Origins origins) {
        return measured(
                batch,
                BatchHeader.Codec.COLUMNAR,
                nameOf(layout),
                columns.remaining(),
                origins,
                body -> body.put(columns.duplicate()));
    }

    private Measured measureObjects(Batch<?> batch, Origins origins) {
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
        int bytes = scratch.position();
        return measured(
                batch,
                BatchHeader.Codec.KRYO,
                new byte[0],
                bytes,
                origins,
                body -> body.put(scratch.getBuffer(), 0, bytes));
    }

    private Measured measured(
            Batch<?> batch,
            BatchHeader.Codec codec,
            byte[] name,
            int payloadBytes,
            Origins origins,
            Consumer<ByteBuffer> payload) {
        OriginsCodec.Form form = OriginsCodec.form(origins);
        long originBytes = OriginsCodec.bytes(origins, form);
        long bytes = BatchHeader.bytes(name.length, originBytes, payloadBytes);
        if (bytes > largest || origins.rows() > mostOrigins()) {
            throw new ConfigurationException("a batch of " + batch.size() + " records takes " + bytes
                    + " bytes with its " + origins.rows() + " origins (expected: <= " + largest
                    + " bytes; use smaller batches)");
        }
        BatchHeader header = new BatchHeader(
                codec, form, name.length, batch.size(), origins.rows(), (int) originBytes, payloadBytes, 0);
        return new Measured(header, name, origins, payload);
    }

    /** Runs of origins are short for what they tell; this is what keeps them from telling too much. */
    private int mostOrigins() {
        return largest / Long.BYTES;
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

    /** A batch that lies in a frame, not yet read. */
    public final class Written {
        private final ByteBuffer body;
        private final BatchHeader header;

        private Written(ByteBuffer body, BatchHeader header) {
            this.body = body;
            this.header = header;
        }

        /** The origins of the rows, copied out of the frame. */
        public Origins origins() {
            ByteBuffer in = body.slice(header.originsAt(), header.originBytes()).order(ByteOrder.LITTLE_ENDIAN);
            return OriginsCodec.read(header.form(), header.origins(), in);
        }

        /**
         * The batch. A columnar one is a view of the frame.
         *
         * @throws InfrastructureException if it is damaged, or of a class that is not here
         */
        public Batch<?> batch() {
            ByteBuffer payload = body.slice(header.payloadAt(), header.payloadBytes());
            return header.codec() == BatchHeader.Codec.COLUMNAR
                    ? view(layoutOf(), header, payload)
                    : decodeObjects(header, payload);
        }

        private RecordLayout<?> layoutOf() {
            byte[] utf8 = new byte[header.nameBytes()];
            body.get(header.nameAt(), utf8);
            return layouts.computeIfAbsent(new String(utf8, StandardCharsets.UTF_8), BatchCodec::load);
        }
    }

    /**
     * Finds the batches of a frame.
     *
     * @param body of the frame, unpacked, from 0 to its limit
     * @throws InfrastructureException if they are not there, or something else is
     */
    public List<Written> read(int batches, ByteBuffer body) {
        ByteBuffer in = body.duplicate().clear().limit(body.limit()).order(ByteOrder.LITTLE_ENDIAN);
        List<Written> found = new ArrayList<>();
        for (int k = 0; k < batches; k++) {
            BatchHeader header = BatchHeader.read(in, mostOrigins());
            found.add(new Written(in, header));
            in.position(header.end());
        }
        FrameHeader.require(!in.hasRemaining(), "bytes behind " + batches + " batches", in.remaining(), "0");
        return found;
    }

    private static <T> Batch<T> view(RecordLayout<T> layout, BatchHeader header, ByteBuffer payload) {
        Columns columns = layout.columns(payload);
        if (columns.rows() != header.rows()) {
            throw new InfrastructureException(
                    "rows in columns: " + columns.rows() + " (expected: " + header.rows() + " as in the header)");
        }
        return Batch.of(layout, columns);
    }

    private Batch<Object> decodeObjects(BatchHeader header, ByteBuffer payload) {
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
