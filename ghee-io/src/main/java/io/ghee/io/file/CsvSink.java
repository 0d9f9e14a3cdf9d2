package io.ghee.io.file;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import de.siegmar.fastcsv.writer.QuoteStrategies;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes a record a row, below a header; made by {@link Csv#to}. Immutable: the methods return the same sink with one option
 * more.
 *
 * @param <T> the record class
 */
public final class CsvSink<T extends Record> implements Sink<T> {
    private final OutputDirectory output;
    private final Class<T> type;
    private final Compression compression;

    CsvSink(OutputDirectory output, Class<T> type, Compression compression) {
        this.output = output;
        this.type = type;
        this.compression = compression;
    }

    /** Packs the files; without it, they are plain. */
    public CsvSink<T> compression(Compression compression) {
        return new CsvSink<>(output, type, compression);
    }

    @Override
    public String describe() {
        return "csv to " + output.path() + " as " + type.getSimpleName();
    }

    @Override
    public void prepare(String job) {
        output.prepare(job);
    }

    @Override
    public SinkWriter<T> open(String job, int replica, int attempt) {
        return new Writer<>(RecordFields.of(type), PartFile.create(output, job, replica, attempt, ".csv", compression));
    }

    @Override
    public void commit(String job, List<String> finished) {
        output.commit(job, finished, null);
    }

    @Override
    public void abort(String job) {
        output.abort(job);
    }

    private static final class Writer<T> implements SinkWriter<T> {
        private final RecordFields<T> fields;
        private final PartFile part;
        private final CsvWriter rows;

        Writer(RecordFields<T> fields, PartFile part) {
            this.fields = fields;
            this.part = part;
            var format = CsvWriter.builder().lineDelimiter(LineDelimiter.LF);
            if (fields.names().size() == 1) {
                // The row of one empty field would be an empty line, which readers skip.
                format.quoteStrategy(QuoteStrategies.EMPTY);
            }
            this.rows = format.build(part, StandardCharsets.UTF_8);
            rows.writeRecord(fields.names());
        }

        @Override
        public void write(T record) {
            rows.writeRecord(fields.write(record));
        }

        @Override
        public String finish() throws IOException {
            rows.flush();
            return part.finish();
        }

        @Override
        public void close() {
            part.close();
        }
    }
}
