package io.ghee.models.djl;

import static io.ghee.ConfigurationException.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.ghee.train.Collective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Gradients of embedding tables, added up over all ranks. A batch touches few rows of such a table, and the others have a
 * gradient of 0: what crosses between ranks are the ids and gradients of the rows that are touched. The sums are made in the
 * order of the ranks. Used by one thread.
 */
final class TableRows {
    private static final int MIN_BYTES = 1 << 16;

    /** The summed gradient of a table in host memory, 0 but for the rows that were touched. */
    private record Table(Shape shape, ByteBuffer bytes, FloatBuffer sum, List<Integer> touched) {
        int rows() {
            return Math.toIntExact(shape.get(0));
        }

        int width() {
            return Math.toIntExact(shape.size() / shape.get(0));
        }
    }

    private final List<Table> tables = new ArrayList<>();
    private ByteBuffer mine = buffer(MIN_BYTES);

    /** @param shapes of the tables: the rows come first */
    TableRows(List<Shape> shapes) {
        for (Shape shape : shapes) {
            check(shape.size() <= Integer.MAX_VALUE / Float.BYTES, "elements of a table", shape.size(), "< 2^29");
            ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(Float.BYTES * shape.size()))
                    .order(ByteOrder.nativeOrder());
            tables.add(new Table(shape, bytes, bytes.asFloatBuffer(), new ArrayList<>()));
        }
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Brings this rank's gradient of a table; all of them in their order. */
    void put(int index, FloatBuffer gradient) {
        int width = tables.get(index).width();
        int[] ids = touched(gradient, tables.get(index).rows(), width);
        reserve(Integer.BYTES + ids.length * (Integer.BYTES + width * Float.BYTES));
        mine.putInt(ids.length);
        mine.asIntBuffer().put(ids);
        mine.position(mine.position() + ids.length * Integer.BYTES);
        FloatBuffer rows = mine.asFloatBuffer();
        for (int id : ids) {
            rows.put(gradient.slice(id * width, width));
        }
        mine.position(mine.position() + ids.length * width * Float.BYTES);
    }

    private static int[] touched(FloatBuffer gradient, int rows, int width) {
        IntBuffer ids = IntBuffer.allocate(rows);
        float[] row = new float[width];
        for (int id = 0; id < rows; id++) {
            gradient.get(id * width, row);
            if (isTouched(row)) {
                ids.put(id);
            }
        }
        int[] found = new int[ids.flip().remaining()];
        ids.get(found);
        return found;
    }

    private static boolean isTouched(float[] row) {
        for (float value : row) {
            if (value != 0) {
                return true;
            }
        }
        return false;
    }

    private void reserve(int bytes) {
        if (mine.remaining() < bytes) {
            ByteBuffer larger = buffer(Math.max(2 * mine.capacity(), Math.addExact(mine.position(), bytes)));
            mine = larger.put(mine.flip());
        }
    }

    /** Adds up over all ranks what each has brought; each of them calls this. */
    void sum(Collective ranks) {
        if (tables.isEmpty()) {
            return;
        }
        for (ByteBuffer each : ranks.allGather(mine.flip())) {
            ByteBuffer brought = each.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            tables.forEach(table -> add(table, brought));
        }
        mine.clear();
    }

    private static void add(Table table, ByteBuffer brought) {
        int width = table.width();
        int count = brought.getInt();
        IntBuffer ids = brought.asIntBuffer();
        brought.position(brought.position() + count * Integer.BYTES);
        FloatBuffer rows = brought.asFloatBuffer();
        brought.position(brought.position() + count * width * Float.BYTES);
        for (int k = 0; k < count; k++) {
            int id = ids.get(k);
            table.touched.add(id);
            for (int j = 0; j < width; j++) {
                table.sum.put(id * width + j, table.sum.get(id * width + j) + rows.get(k * width + j));
            }
        }
    }

    /** The summed gradient of a table. On the CPU it lies here, and is valid until it is cleared. */
    NDArray array(NDManager scope, int index) {
        Table table = tables.get(index);
        return scope.create(table.bytes, table.shape, DataType.FLOAT32);
    }

    /** Begins the next step. */
    void clear() {
        for (Table table : tables) {
            float[] zeros = new float[table.width()];
            table.touched.forEach(id -> table.sum.put(id * zeros.length, zeros));
            table.touched.clear();
        }
    }
}
