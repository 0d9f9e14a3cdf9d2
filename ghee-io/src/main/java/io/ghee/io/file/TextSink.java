package io.ghee.io.file;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a record a line. */
record TextSink(OutputDirectory output) implements Sink<Object> {
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
        return new Writer(PartFile.create(output, job, replica, attempt, ".txt"));
    }

    @Override
    public void commit(String job, List<String> finished) throws IOException {
        output.commit(job, finished, null);
    }

    @Override
    public void abort(String job) throws IOException {
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
