package io.ghee.transfer.wire;

import static io.ghee.transfer.wire.FrameHeader.require;

import io.ghee.channel.Origins;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How origins lie in a frame: the ids, either as they are or as runs of rising numbers (first long, count int), whichever is
 * shorter; then the paths, if there are any, or one that is that of all rows. Records that are read one after another and not
 * mixed thus take 12 bytes a batch.
 */
final class OriginsCodec {
    private static final int RUN_BYTES = Long.BYTES + Integer.BYTES;

    /** In which form origins are. */
    enum Form {
        NONE(0, false, Paths.NONE),
        PLAIN(1, false, Paths.NONE),
        RUNS(2, true, Paths.NONE),
        PLAIN_WITH_PATHS(3, false, Paths.EACH),
        RUNS_WITH_PATHS(4, true, Paths.EACH),
        PLAIN_WITH_PATH(5, false, Paths.ONE),
        RUNS_WITH_PATH(6, true, Paths.ONE);

        private static final Form[] BY_CODE = values();

        private final int code;
        private final boolean runs;
        private final Paths paths;

        Form(int code, boolean runs, Paths paths) {
            this.code = code;
            this.runs = runs;
            this.paths = paths;
        }

        int code() {
            return code;
        }

        static Form of(int code) {
            if (code < 0 || code >= BY_CODE.length) {
                throw FrameHeader.refuse("form of origins", code, "0 to " + (BY_CODE.length - 1));
            }
            return BY_CODE[code];
        }

        private static Form of(boolean runs, Paths paths) {
            return switch (paths) {
                case NONE -> runs ? RUNS : PLAIN;
                case ONE -> runs ? RUNS_WITH_PATH : PLAIN_WITH_PATH;
                case EACH -> runs ? RUNS_WITH_PATHS : PLAIN_WITH_PATHS;
            };
        }
    }

    /** What is said of paths: one for all rows is what a broadcast makes of a batch. */
    private enum Paths {
        NONE,
        ONE,
        EACH;

        static Paths of(Origins origins) {
            long[] paths = origins.paths();
            if (paths == null) {
                return NONE;
            }
            for (long path : paths) {
                if (path != paths[0]) {
                    return EACH;
                }
            }
            return ONE;
        }

        long bytes(int rows) {
            return switch (this) {
                case NONE -> 0;
                case ONE -> Long.BYTES;
                case EACH -> (long) Long.BYTES * rows;
            };
        }
    }

    private OriginsCodec() {}

    /** The shortest form of {@code origins}. */
    static Form form(Origins origins) {
        if (origins.rows() == 0) {
            return Form.NONE;
        }
        boolean runs = (long) RUN_BYTES * runs(origins.ids()) < (long) Long.BYTES * origins.rows();
        return Form.of(runs, Paths.of(origins));
    }

    private static int runs(long[] ids) {
        int runs = 1;
        for (int row = 1; row < ids.length; row++) {
            runs += ids[row] == ids[row - 1] + 1 ? 0 : 1;
        }
        return runs;
    }

    static long bytes(Origins origins, Form form) {
        long ids = form.runs ? (long) RUN_BYTES * runs(origins.ids()) : (long) Long.BYTES * origins.rows();
        return ids + form.paths.bytes(origins.rows());
    }

    /** Writes at the position of {@code out}, and moves it. */
    static void write(Origins origins, Form form, ByteBuffer out) {
        long[] ids = origins.ids();
        if (form.runs) {
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
        long[] paths = origins.paths();
        if (paths != null) {
            put(form.paths == Paths.ONE ? Arrays.copyOf(paths, 1) : paths, out);
        }
    }

    private static void put(long[] values, ByteBuffer out) {
        out.asLongBuffer().put(values);
        out.position(out.position() + Long.BYTES * values.length);
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
        long idBytes = in.remaining() - form.paths.bytes(rows);
        require(
                form.runs ? idBytes > 0 && idBytes % RUN_BYTES == 0 : idBytes == (long) Long.BYTES * rows,
                "bytes of " + rows + " origins in the form " + form,
                in.remaining(),
                "a length that fits");
        long[] ids = form.runs ? runs(rows, (int) idBytes / RUN_BYTES, in) : get(rows, in);
        return Origins.of(ids, paths(form.paths, rows, in));
    }

    private static long @Nullable [] paths(Paths said, int rows, ByteBuffer in) {
        return switch (said) {
            case NONE -> null;
            case ONE -> {
                long[] all = new long[rows];
                Arrays.fill(all, in.getLong());
                yield all;
            }
            case EACH -> get(rows, in);
        };
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
