/**
 * Files as sources and sinks: lines of text, CSV, JSON lines, Parquet, Avro, Hadoop's sequence files, TensorFlow's records,
 * and what training makes. Files are cut into splits and read by many workers at once where the format allows it; files named
 * {@code *.gz} are unpacked on the way. Output appears under its name when it is complete, and not before.
 * All of it on local disks, and on the file systems of Hadoop.
 *
 * <p>Start at {@link io.ghee.io.file.Text}, {@link io.ghee.io.file.Csv} or {@link io.ghee.io.file.Artifacts}; for a format
 * that has a schema at {@link io.ghee.io.file.Parquet}, and how it fills records at {@link io.ghee.io.file.RecordShape}. Who may, where
 * Hadoop asks: {@link io.ghee.io.file.HadoopAccess}.
 */
@NullMarked
package io.ghee.io.file;

import org.jspecify.annotations.NullMarked;
