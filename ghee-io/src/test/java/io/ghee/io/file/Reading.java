package io.ghee.io.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Reads sources as the engine does, and makes the files for it. */
final class Reading {
    private Reading() {}

    static <T> List<T> all(Source<T> source) throws Exception {
        return all(source, 1);
    }

    static <T> List<T> all(Source<T> source, int readers) throws Exception {
        List<T> records = new ArrayList<>();
        for (Split split : source.splits(readers)) {
            records.addAll(of(source, split));
        }
        return records;
    }

    static <T> List<T> of(Source<T> source, Split split) throws Exception {
        List<T> records = new ArrayList<>();
        try (SplitReader<T> reader = source.open(split)) {
            for (T record = reader.next(); record != null; record = reader.next()) {
                records.add(record);
            }
            assertThat(reader.next()).as("after the end").isNull();
        }
        return records;
    }

    /** Opens the only split. */
    static <T> SplitReader<T> only(Source<T> source) throws Exception {
        List<? extends Split> splits = source.splits(1);
        assertThat(splits).hasSize(1);
        return source.open(splits.get(0));
    }

    static Path file(Path path, String content) throws IOException {
        Files.createDirectories(path.getParent());
        return Files.writeString(path, content);
    }

    static byte[] gzip(String content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return packed.toByteArray();
    }

    /** What arrives in another process. */
    @SuppressWarnings("unchecked")
    static <T> T shipped(T value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (T) in.readObject();
        }
    }
}
