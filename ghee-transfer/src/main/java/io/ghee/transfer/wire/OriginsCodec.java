package io.ghee.transfer.wire;

import static io.ghee.transfer.wire.FrameHeader.require;

import io.ghee.channel.Origins;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How origins lie in a frame: the ids, either as they are or as runs of rising numbers (first long, count int), whichever is
 * shorter; then the paths, if there are any. Records that are read one after another and not mixed thus take 12 bytes a
 * batch.
 */
final class OriginsCodec {
    private static final int RUN_BYTES = Long.BYTES + Integer.BYTES;

    /** In which form origins are. */
    enum Form {
        NONE(0),
        PLAIN(1),
        RUNS(2),
        PLAIN_WITH_PATHS(3),
        RUNS_WITH_PATHS(4);

        private final int code;

        Form(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static Form of(int code) {
            return switch (code) {
                case 0 -> NONE;
                case 1 -> PLAIN;
                case 2 -> RUNS;
                case 3 -> PLAIN_WITH_PATHS;
                case 4 -> RUNS_WITH_PATHS;
                default -> throw FrameHeader.refuse("form of origins", code, "0 to 4");
            };
        }

        boolean hasPaths() {
            return this == PLAIN_WITH_PATHS || this == RUNS_WITH_PATHS;
        }

        boolean hasRuns() {
            return this == RUNS || this == RUNS_WITH_PATHS;
        }
    }

    private OriginsCodec() {}

    /** The shortest form of {@code origins}. */
    static Form form(Origins origins) {
        if (origins.rows() == 0) {
            return Form.NONE;
        }
        boolean runs = (long) RUN_BYTES * runs(origins.ids()) < (long) Long.BYTES * origins.rows();
        if (origins.paths() == null) {
            return runs ? Form.RUNS : Form.PLAIN;
        }
        return runs ? Form.RUNS_WITH_PATHS : Form.PLAIN_WITH_PATHS;
    }

    private static int runs(long[] ids) {
        int runs = 1;
        for (int row = 1; row < ids.length; row++) {
            runs += ids[row] == ids[row - 1] + 1 ? 0 : 1;
        }
        return runs;
    }

    static long bytes(Origins origins, Form form) {
        long ids = form.hasRuns() ? (long) RUN_BYTES * runs(origins.ids()) : (long) Long.BYTES * origins.rows();
        return ids + (form.hasPaths() ? (long) Long.BYTES * origins.rows() : 0);
    }

    /** Writes at the position of {@code out}, and moves it. */
    static void write(Origins origins, Form form, ByteBuffer out) {
        long[] ids = origins.ids();
        if (form.hasRuns()) {
            int from = 0;
            for (int row = 1; row <= ids.length; row++) {
                if (row == ids.length || ids[row] != ids[row - 1] + 1) {
                    out.putLong(ids[from]).putInt(row - from);
                    from = row;
                }
            }
        } else {
            put(ids, out);
        }
        if (form.hasPaths()) {
            put(origins.paths(), out);
        }
    }

    private static void put(long @Nullable [] values, ByteBuffer out) {
        if (values != null) {
            out.asLongBuffer().put(values);
            out.position(out.position() + Long.BYTES * values.length);
        }
    }

    /**
     * Reads {@code rows} origins that are all of {@code in}.
     *
     * @throws io.ghee.InfrastructureException if they are not
     */
    static Origins read(Form form, int rows, ByteBuffer in) {
        require((form == Form.NONE) == (rows == 0), "origins in the form " + form, rows, "0 in none, else more");
        if (form == Form.NONE) {
            require(!in.hasRemaining(), "bytes of no origins", in.remaining(), "0");
            return Origins.NONE;
        }
        int columns = (form.hasRuns() ? 0 : 1) + (form.hasPaths() ? 1 : 0);
        long runBytes = in.remaining() - (long) columns * Long.BYTES * rows;
        require(
                form.hasRuns() ? runBytes > 0 && runBytes % RUN_BYTES == 0 : runBytes == 0,
                "bytes of " + rows + " origins in the form " + form,
                in.remaining(),
                "a length that fits");
        long[] ids = form.hasRuns() ? runs(rows, (int) runBytes / RUN_BYTES, in) : get(rows, in);
        return Origins.of(ids, form.hasPaths() ? get(rows, in) : null);
    }

    private static long[] runs(int rows, int runs, ByteBuffer in) {
        long sum = 0;
        for (int run = 0; run < runs; run++) {
            int count = in.getInt(in.position() + RUN_BYTES * run + Long.BYTES);
            require(count >= 1, "length of a run", count, ">= 1");
            sum += count;
        }
        require(sum == rows, "sum of the runs", sum, String.valueOf(rows));
        long[] ids = new long[rows];
        int row = 0;
        for (int run = 0; run < runs; run++) {
            long id = in.getLong();
            for (int count = in.getInt(); count > 0; count--) {
                ids[row++] = id++;
            }
        }
        return ids;
    }

    private static long[] get(int rows, ByteBuffer in) {
        long[] values = new long[rows];
        in.asLongBuffer().get(values);
        in.position(in.position() + Long.BYTES * rows);
        return values;
    }
}
