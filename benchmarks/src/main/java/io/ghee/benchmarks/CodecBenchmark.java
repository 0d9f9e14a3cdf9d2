package io.ghee.benchmarks;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.Batch;
import io.ghee.channel.Origins;
import io.ghee.columnar.Columns;
import io.ghee.models.Example;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.Kryos;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Records per second into a frame and out of it: column by column, as {@link BatchCodec} has records of primitives, arrays
 * and strings, against Kryo object by object.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@OperationsPerInvocation(CodecBenchmark.RECORDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class CodecBenchmark {
    static final int RECORDS = 4096;
    private static final int LARGEST = 1 << 20;

    /** A rating: only primitives. */
    public record Primitives(int user, int item, float rating, long timestamp) {}

    /** A rating with a text of 20 to 40 ASCII characters. */
    public record Titled(int user, float rating, String title) {}

    /** What the records are. */
    public enum Shape {
        PRIMITIVES(Primitives.class) {
            @Override
            Object record(Random random) {
                return new Primitives(
                        random.nextInt(8192), random.nextInt(4096), random.nextInt(5) + 1, random.nextInt());
            }
        },
        EXAMPLE(Example.class) {
            @Override
            Object record(Random random) {
                return new Example(random.ints(6, 0, 45_056).toArray(), random.nextInt(5) + 1);
            }
        },
        TITLED(Titled.class) {
            @Override
            Object record(Random random) {
                String title = random.ints(20 + random.nextInt(21), 'a', 'z' + 1)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
                return new Titled(random.nextInt(8192), random.nextInt(5) + 1, title);
            }
        };

        private final Class<?> type;

        Shape(Class<?> type) {
            this.type = type;
        }

        abstract Object record(Random random);

        List<Object> records() {
            Random random = new Random(1);
            List<Object> records = new ArrayList<>(RECORDS);
            for (int k = 0; k < RECORDS; k++) {
                records.add(record(random));
            }
            return records;
        }
    }

    /** The records in memory, and the body of a frame that they make. */
    @State(Scope.Thread)
    public static class Columnar {
        @Param
        private Shape shape = Shape.PRIMITIVES;

        private final BatchCodec codec = new BatchCodec(LARGEST);
        private final ByteBuffer out = ByteBuffer.allocateDirect(LARGEST);
        private List<Object> records = List.of();
        private ByteBuffer body = out;

        /** Makes both. */
        @Setup
        public void fill() {
            records = shape.records();
            ByteBuffer encoded = encode();
            body = ByteBuffer.allocateDirect(encoded.remaining())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(encoded)
                    .flip();
        }

        ByteBuffer encode() {
            codec.measure(Batch.of(records), Origins.NONE).writeTo(out.clear());
            return out.flip();
        }

        Batch<?> decode() {
            return codec.read(1, body).get(0).batch();
        }
    }

    /** The same records in Kryo. */
    @State(Scope.Thread)
    public static class Objects {
        @Param
        private Shape shape = Shape.PRIMITIVES;

        /** As ghee sets it up for unknown classes; or with the class registered and no tracking of references. */
        @Param({"false", "true"})
        private boolean registered;

        private Kryo kryo = Kryos.forRecords();
        private final Output out = new Output(1 << 20, -1);
        private List<Object> records = List.of();
        private byte[] bytes = {};

        /** Makes both. */
        @Setup
        public void fill() {
            kryo = Kryos.forRecords();
            if (registered) {
                kryo.setReferences(false);
                kryo.register(int[].class);
                kryo.register(shape.type);
            }
            records = shape.records();
            encode();
            bytes = out.toBytes();
        }

        int encode() {
            out.reset();
            for (Object record : records) {
                kryo.writeClassAndObject(out, record);
            }
            return out.position();
        }

        List<Object> decode() {
            Input in = new Input(bytes);
            List<Object> decoded = new ArrayList<>(RECORDS);
            for (int k = 0; k < RECORDS; k++) {
                decoded.add(kryo.readClassAndObject(in));
            }
            return decoded;
        }
    }

    @Benchmark
    public ByteBuffer columnarEncode(Columnar state) {
        return state.encode();
    }

    @Benchmark
    public Columns columnarDecodeToColumns(Columnar state) {
        return state.decode().columns();
    }

    @Benchmark
    public Object columnarDecodeToRecords(Columnar state) {
        return state.decode().records();
    }

    @Benchmark
    public int kryoEncode(Objects state) {
        return state.encode();
    }

    @Benchmark
    public Object kryoDecode(Objects state) {
        return state.decode();
    }
}
