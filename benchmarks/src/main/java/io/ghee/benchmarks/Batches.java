package io.ghee.benchmarks;

import io.ghee.Batch;
import io.ghee.columnar.Columns;
import io.ghee.columnar.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Batches of which the data takes so many bytes, numbered like {@link Numbered} messages: in the first row and the last, and
 * at the end of the last. Used by one thread.
 */
abstract class Batches {
    /** A row of up to {@value #ROW_BYTES} bytes. */
    record Bytes(long number, byte[] body) {}

    /** The same of numbers. */
    record Floats(long number, float[] values) {}

    /** Twenty bytes. */
    record Small(long number, int user, float x, float y) {}

    /** What a number takes in a row. */
    static final int SMALL_BYTES = 20;

    private static final int ROW_BYTES = 1024;
    private static final int FEW_BITS = (1 << 24) - 1;

    /** The batch with this number, until the next one is asked for. */
    abstract Batch<?> batch(long number);

    /** Checks that it is the batch with this number. */
    abstract void check(Batch<?> batch, long number);

    /** How many messages a batch counts for. */
    int count() {
        return 1;
    }

    private static int rows(int size) {
        return Math.max(1, size / ROW_BYTES);
    }

    private static int bodyBytes(int size) {
        return Math.min(ROW_BYTES, size) - Long.BYTES;
    }

    private static Bytes[] byteRows(int size) {
        Bytes[] rows = new Bytes[rows(size)];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = new Bytes(row, Numbered.template(bodyBytes(size)));
        }
        return rows;
    }

    private static Floats[] floatRows(int size) {
        Random random = new Random(size);
        Floats[] rows = new Floats[rows(size)];
        for (int row = 0; row < rows.length; row++) {
            float[] values = new float[bodyBytes(size) / Float.BYTES];
            for (int k = 0; k < values.length; k++) {
                values[k] = random.nextFloat();
            }
            rows[row] = new Floats(row, values);
        }
        return rows;
    }

    /** The receiver looks at the columns alone, as what trains on them does. */
    private static void checkBytes(Batch<?> batch, int size, long number) {
        LongBuffer numbers = batch.columns().column("number").longs();
        ByteBuffer bodies = batch.columns().column("body").bytes();
        int rows = rows(size);
        Numbered.check(numbers.limit(), rows);
        Numbered.check(numbers.get(0), number);
        Numbered.check(numbers.get(rows - 1), number);
        Numbered.check(bodies.limit(), (long) rows * bodyBytes(size));
        Numbered.check(bodies.getLong(bodies.limit() - Long.BYTES), ~number);
    }

    /** Batches of records that have been serialized by somebody: what a message of JeroMQ is. */
    static Batches ofBytes(int size) {
        return new Batches() {
            private final Bytes[] rows = byteRows(size);

            @Override
            Batch<?> batch(long number) {
                int last = rows.length - 1;
                byte[] body = rows[last].body();
                ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).putLong(body.length - Long.BYTES, ~number);
                rows[0] = new Bytes(number, rows[0].body());
                rows[last] = new Bytes(number, body);
                return Batch.of(Arrays.asList(rows));
            }

            @Override
            void check(Batch<?> batch, long number) {
                checkBytes(batch, size, number);
            }
        };
    }

    /** Batches that are columns already, as those are that a stage passes on. */
    static Batches ofColumns(int size) {
        return new Batches() {
            private final RecordLayout<Bytes> layout = RecordLayout.of(Bytes.class);
            private final Columns columns = layout.columns(layout.encode(List.of(byteRows(size))));

            @Override
            Batch<?> batch(long number) {
                LongBuffer numbers = columns.column("number").longs();
                numbers.put(0, number).put(numbers.limit() - 1, number);
                ByteBuffer bodies = columns.column("body").bytes();
                bodies.putLong(bodies.limit() - Long.BYTES, ~number);
                return Batch.of(layout, columns);
            }

            @Override
            void check(Batch<?> batch, long number) {
                checkBytes(batch, size, number);
            }
        };
    }

    /** Batches of records of numbers, which have to be written one by one. */
    static Batches ofFloats(int size) {
        return new Batches() {
            private final Floats[] rows = floatRows(size);
            private final int width = rows[0].values().length;

            @Override
            Batch<?> batch(long number) {
                int last = rows.length - 1;
                rows[last].values()[width - 1] = number & FEW_BITS;
                rows[0] = new Floats(number, rows[0].values());
                rows[last] = new Floats(number, rows[last].values());
                return Batch.of(Arrays.asList(rows));
            }

            @Override
            void check(Batch<?> batch, long number) {
                LongBuffer numbers = batch.columns().column("number").longs();
                FloatBuffer values = batch.columns().column("values").floats();
                Numbered.check(numbers.limit(), rows.length);
                Numbered.check(numbers.get(0), number);
                Numbered.check(numbers.get(rows.length - 1), number);
                Numbered.check(values.limit(), (long) rows.length * width);
                Numbered.check((long) values.get(values.limit() - 1), number & FEW_BITS);
            }
        };
    }

    /** Batches of so many small records, each of which is made anew, and looked at as a record. */
    static Batches ofSmall(int count) {
        return new Batches() {
            @Override
            Batch<?> batch(long number) {
                Small[] rows = new Small[count];
                for (int row = 0; row < count; row++) {
                    long each = number * count + row;
                    rows[row] = new Small(each, (int) each, each & 0xFF, 1);
                }
                return Batch.of(Arrays.asList(rows));
            }

            @Override
            void check(Batch<?> batch, long number) {
                long each = number * count;
                for (Object record : batch.records()) {
                    Small small = (Small) record;
                    Numbered.check(small.number(), each);
                    Numbered.check(small.user() + (long) small.y(), (int) each + 1);
                    each++;
                }
                Numbered.check(each, (number + 1) * count);
            }

            @Override
            int count() {
                return count;
            }
        };
    }
}
