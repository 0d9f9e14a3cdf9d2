/**
 * Files as sources and sinks: lines of text, CSV, and what training makes. Plain files are cut into splits and read by
 * many workers at once; files named {@code *.gz} are unpacked on the way. Output appears under its name when it is
 * complete, and not before.
 *
 * <p>Start at {@link io.ghee.io.file.Text}, {@link io.ghee.io.file.Csv} or {@link io.ghee.io.file.Artifacts}.
 */
@NullMarked
package io.ghee.io.file;

import org.jspecify.annotations.NullMarked;
