package io.ghee.io.file;

import java.io.IOException;
import java.io.Serializable;
import java.util.EnumSet;
import java.util.Set;

/** How records are written to files of one format. */
interface FileFormat<T> extends Serializable {
    /** The format as {@code explain()} shows it. */
    String describe();

    /** What the names of files end in, with the dot. */
    String extension();

    /** Those that {@link FileSink#compression} takes: all, where a file is packed as a whole. */
    default Set<Compression> compressions() {
        return EnumSet.allOf(Compression.class);
    }

    /** The one without {@link FileSink#compression}. */
    default Compression compression() {
        return Compression.NONE;
    }

    /** True if the format itself packs what is in a file; else the file is packed as a whole. */
    default boolean packsItself() {
        return false;
    }

    /** Begins a file. */
    FileEncoder<T> encode(PartFile part, Compression compression) throws IOException;
}
