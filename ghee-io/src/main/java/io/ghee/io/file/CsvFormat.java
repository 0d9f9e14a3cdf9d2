package io.ghee.io.file;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import de.siegmar.fastcsv.writer.QuoteStrategies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Writes a record a row, below a header. */
record CsvFormat<T extends Record>(Class<T> type) implements FileFormat<T> {
    @Override
    public String describe() {
        return "csv";
    }

    @Override
    public String extension() {
        return ".csv";
    }

    @Override
    public FileEncoder<T> encode(PartFile part, Compression compression) {
        RecordFields<T> fields = RecordFields.of(type);
        CountingOutput out = new CountingOutput(part);
        var format = CsvWriter.builder().lineDelimiter(LineDelimiter.LF);
        if (fields.names().size() == 1) {
            // The row of one empty field would be an empty line, which readers skip.
            format.quoteStrategy(QuoteStrategies.EMPTY);
        }
        CsvWriter rows = format.build(out, StandardCharsets.UTF_8);
        rows.writeRecord(fields.names());
        return new FileEncoder<>() {
            @Override
            public void write(T record) {
                rows.writeRecord(fields.write(record));
            }

            @Override
            public long bytes() {
                return out.bytes();
            }

            @Override
            public void finish() throws IOException {
                rows.flush();
            }
        };
    }
}
