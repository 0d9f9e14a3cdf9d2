package io.ghee.columnar;

import java.util.Arrays;
import java.util.Optional;

/** The element types that columns hold. A boolean takes one byte (0 or 1), a string its UTF-8 bytes. */
public enum ColumnKind {
    BOOLEAN(1, boolean.class, 1),
    BYTE(2, byte.class, 1),
    SHORT(3, short.class, 2),
    CHAR(4, char.class, 2),
    INT(5, int.class, 4),
    LONG(6, long.class, 8),
    FLOAT(7, float.class, 4),
    DOUBLE(8, double.class, 8),
    STRING(9, String.class, 1);

    private final int code;
    private final Class<?> type;
    private final int bytes;

    ColumnKind(int code, Class<?> type, int bytes) {
        this.code = code;
        this.type = type;
        this.bytes = bytes;
    }

    /** The number that stands for this kind on the wire. */
    int code() {
        return code;
    }

    /** The Java type of one element. */
    public Class<?> type() {
        return type;
    }

    /** Bytes of one element; of a string, of one UTF-8 code unit. */
    public int bytes() {
        return bytes;
    }

    static Optional<ColumnKind> of(Class<?> type) {
        return Arrays.stream(values()).filter(kind -> kind.type == type).findFirst();
    }
}
