package io.ghee.models.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.ghee.ConfigurationException;
import io.ghee.columnar.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Columns as arrays. */
public final class ColumnArrays {
    private ColumnArrays() {}

    /**
     * A dense column of numbers as an array of shape [rows], or [rows, width] if its component is an array. On the CPU
     * there is no copy: the array lies on the batch's buffer and is valid as long as the batch. On a GPU it is copied there.
     *
     * @throws ConfigurationException if the column holds strings or chars
     * @throws io.ghee.BadRecordException if the rows of the column differ in length
     */
    public static NDArray of(NDManager manager, Column column) {
        Shape shape = column.width() == 1 ? new Shape(column.rows()) : new Shape(column.rows(), column.width());
        // DJL reads in native order from the address of the buffer, whatever its position.
        ByteBuffer bytes = column.bytes().order(ByteOrder.nativeOrder());
        return manager.create(bytes, shape, type(column));
    }

    private static DataType type(Column column) {
        return switch (column.kind()) {
            case BOOLEAN -> DataType.BOOLEAN;
            case BYTE -> DataType.INT8;
            case SHORT -> DataType.INT16;
            case INT -> DataType.INT32;
            case LONG -> DataType.INT64;
            case FLOAT -> DataType.FLOAT32;
            case DOUBLE -> DataType.FLOAT64;
            case CHAR, STRING ->
                throw new ConfigurationException(
                        "column " + column.name() + " of " + column.kind() + " (expected: numbers)");
        };
    }
}
