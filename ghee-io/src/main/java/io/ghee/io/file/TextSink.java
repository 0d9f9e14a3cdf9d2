package io.ghee.io.file;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a record a line; made by {@link Text#to}. Immutable: the methods return the same sink with one option more. */
public final class TextSink implements Sink<Object> {
    private final OutputDirectory output;
    private final Compression compression;

    TextSink(OutputDirectory output, Compression compression) {
        this.output = output;
        this.compression = compression;
    }

    /** Packs the files; without it, they are plain. */
    public TextSink compression(Compression compression) {
        return new TextSink(output, compression);
    }

    @Override
    public String describe() {
        return "text to " + output.path();
    }

    @Override
    public void prepare(String job) {
        output.prepare(job);
    }

    @Override
    public SinkWriter<Object> open(String job, int replica, int attempt) {
        return new Writer(PartFile.create(output, job, replica, attempt, ".txt", compression));
    }

    @Override
    public void commit(String job, List<String> finished) {
        output.commit(job, finished, null);
    }

    @Override
    public void abort(String job) {
        output.abort(job);
    }

    private record Writer(PartFile part) implements SinkWriter<Object> {
        @Override
        public void write(Object record) {
            byte[] line = String.valueOf(record).getBytes(StandardCharsets.UTF_8);
            part.write(line, 0, line.length);
            part.write('\n');
        }

        @Override
        public String finish() {
            return part.finish();
        }

        @Override
        public void close() {
            part.close();
        }
    }
}
