package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to files of one format, one or several per replica. Immutable: the methods return the same sink with one
 * option more.
 *
 * @param <T> the records
 */
public final class FileSink<T> implements Sink<T> {
    /** Between the names of the files of one writer; no name has it. */
    private static final String AND = "/";

    private final OutputDirectory output;
    private final FileFormat<T> format;
    private final Compression compression;
    private final long targetBytes;

    private FileSink(OutputDirectory output, FileFormat<T> format, Compression compression, long targetBytes) {
        this.output = output;
        this.format = format;
        this.compression = compression;
        this.targetBytes = targetBytes;
    }

    static <T> FileSink<T> of(OutputDirectory output, FileFormat<T> format) {
        return new FileSink<>(output, format, format.compression(), Long.MAX_VALUE);
    }

    /**
     * How files are packed; without it, as the method says that made this sink.
     *
     * @throws io.ghee.ConfigurationException if the format has no such compression
     */
    public FileSink<T> compression(Compression packing) {
        check(
                format.compressions().contains(packing),
                "compression of " + format.describe(),
                packing,
                "one of " + new TreeSet<>(format.compressions()));
        return new FileSink<>(output, format, packing, targetBytes);
    }

    /**
     * Begins the next file when one is about this long, before it is packed as a whole. Without it, each replica writes one
     * file.
     */
    public FileSink<T> targetSize(DataSize size) {
        check(size.bytes() > 0, "targetSize", size, "> 0");
        return new FileSink<>(output, format, compression, size.bytes());
    }

    @Override
    public String describe() {
        return format.describe() + " to " + output.path();
    }

    @Override
    public void prepare(String job) {
        output.prepare(job);
    }

    @Override
    public SinkWriter<T> open(String job, int replica, int attempt) throws IOException {
        return new Writer(job, replica, attempt);
    }

    @Override
    public void commit(String job, List<String> finished) {
        List<String> files = finished.stream()
                .flatMap(names -> Arrays.stream(names.split(AND, -1)))
                .toList();
        output.commit(job, files, null);
    }

    @Override
    public void abort(String job) {
        output.abort(job);
    }

    /** Writes one file after the other. */
    private final class Writer implements SinkWriter<T> {
        private final String job;
        private final int replica;
        private final int attempt;
        private final List<String> finished = new ArrayList<>();
        private PartFile part;
        private @Nullable FileEncoder<T> encoder;

        Writer(String job, int replica, int attempt) throws IOException {
            this.job = job;
            this.replica = replica;
            this.attempt = attempt;
            this.part = create();
            this.encoder = encode();
        }

        private PartFile create() {
            String number = targetBytes == Long.MAX_VALUE ? "" : String.format(Locale.ROOT, "-%05d", finished.size());
            Compression whole = format.packsItself() ? Compression.NONE : compression;
            return PartFile.create(output, job, replica, attempt, number + format.extension(), whole);
        }

        private FileEncoder<T> encode() throws IOException {
            try {
                return format.encode(part, compression);
            } catch (IOException | RuntimeException e) {
                part.close();
                throw e;
            }
        }

        @Override
        public void write(T record) throws IOException {
            if (encoder == null) {
                part = create();
                encoder = encode();
            }
            encoder.write(record);
            if (encoder.bytes() >= targetBytes) {
                complete(encoder);
            }
        }

        private void complete(FileEncoder<T> full) throws IOException {
            full.finish();
            finished.add(part.finish());
            encoder = null;
        }

        @Override
        public String finish() throws IOException {
            if (encoder != null) {
                complete(encoder);
            }
            return String.join(AND, finished);
        }

        @Override
        public void close() {
            if (encoder != null) {
                part.close();
            }
        }
    }
}
