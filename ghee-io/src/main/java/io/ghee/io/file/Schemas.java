package io.ghee.io.file;

import java.util.List;

/** Where the schemas of a source's files are looked at before any worker reads. */
final class Schemas {
    private static final int CHECKED = 8;

    private Schemas() {}

    /** The first files that are not empty. */
    static List<InputFile> first(List<InputFile> files) {
        return files.stream().filter(file -> file.bytes() > 0).limit(CHECKED).toList();
    }
}
