package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.ResumableSink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to files of one format, one or several per replica. The directory appears with all of them in the end; or, in
 * a job that commits on the way, each file with its commit, and {@code _SUCCESS} in the end. Immutable: the methods return the same sink with one
 * option more.
 *
 * @param <T> the records
 */
public final class FileSink<T> implements ResumableSink<T> {
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
     *
     * <p>In a job that commits on the way there is a file for each commit of a replica, and this is when it commits before its
     * time. So a long {@code commitEvery} with a target size makes files of that size where there is much to write, and few
     * where there is little.
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
    public Taken takeOver(String job, int last) {
        return growing(job).takeOver(last);
    }

    @Override
    public void begin(String job, int attempt, int writers, byte[] position) {
        growing(job).begin(attempt, position);
    }

    private GrowingDirectory growing(String job) {
        return new GrowingDirectory(output.path(), job);
    }

    /** Longer than elsewhere: each commit of a replica is a file. */
    @Override
    public Duration commitInterval() {
        return Duration.ofMinutes(1);
    }

    @Override
    public CommittingWriter<T> open(String job, int replica, int attempt) throws IOException {
        GrowingDirectory growing = growing(job);
        if (growing.hasBegun(attempt)) {
            return new Writer(new Committed(growing, replica, attempt));
        }
        Writer writer = new Writer(new Once(job, replica, attempt));
        // There is a file of each replica, whether it has records or not.
        writer.encoder();
        return writer;
    }

    @Override
    public void commit(String job, List<String> finished) throws IOException {
        if (growing(job).isThere()) {
            growing(job).end();
            return;
        }
        List<String> files = finished.stream()
                .flatMap(names -> Arrays.stream(names.split(AND, -1)))
                .toList();
        output.commit(job, files, null);
    }

    @Override
    public void abort(String job) {
        output.abort(job);
    }

    /** Where the files of one writer are made, and what becomes of them. */
    private interface Files {
        /** Creates the next file of the writer. */
        PartFile create(Compression whole);

        /** Throws if there is a better reason why they cannot be written than that they cannot. */
        void check() throws IOException;

        /** True if they are made final on the way. */
        boolean areCommitted();

        /** Makes files final that are complete. */
        void commit(List<String> names, byte[] position);
    }

    /** They are committed by the driver, in the end. */
    private final class Once implements Files {
        private final String job;
        private final int replica;
        private final int attempt;
        private int number;

        Once(String job, int replica, int attempt) {
            this.job = job;
            this.replica = replica;
            this.attempt = attempt;
        }

        @Override
        public PartFile create(Compression whole) {
            String suffix = targetBytes == Long.MAX_VALUE ? "" : String.format(Locale.ROOT, "-%05d", number++);
            return PartFile.create(output, job, replica, attempt, suffix + format.extension(), whole);
        }

        @Override
        public void check() {}

        @Override
        public boolean areCommitted() {
            return false;
        }

        @Override
        public void commit(List<String> names, byte[] position) {
            throw new IllegalStateException("job " + job + " commits once");
        }
    }

    /** They are committed on the way. */
    private final class Committed implements Files {
        private final GrowingDirectory growing;
        private final int replica;
        private final int attempt;
        private int number;
        private int commits;

        Committed(GrowingDirectory growing, int replica, int attempt) {
            this.growing = growing;
            this.replica = replica;
            this.attempt = attempt;
        }

        @Override
        public PartFile create(Compression whole) {
            String name = GrowingDirectory.name(attempt, replica, number++) + format.extension() + whole.extension();
            return PartFile.create(growing.path(attempt, name), whole);
        }

        @Override
        public void check() throws IOException {
            growing.checkBegun(attempt);
        }

        @Override
        public boolean areCommitted() {
            return true;
        }

        @Override
        public void commit(List<String> names, byte[] position) {
            growing.commit(attempt, replica, commits++, names, position);
        }
    }

    /** Writes one file after the other, each begun when there is something for it. */
    private final class Writer implements CommittingWriter<T> {
        private final Files files;
        private final List<String> finished = new ArrayList<>();
        private boolean full;
        private @Nullable PartFile part;
        private @Nullable FileEncoder<T> encoder;

        Writer(Files files) {
            this.files = files;
        }

        private FileEncoder<T> encoder() throws IOException {
            FileEncoder<T> open = encoder;
            if (open == null) {
                PartFile next = files.create(format.packsItself() ? Compression.NONE : compression);
                part = next;
                open = format.encode(next, compression);
                encoder = open;
            }
            return open;
        }

        @Override
        public void write(T record) throws IOException {
            try {
                FileEncoder<T> open = encoder();
                open.write(record);
                if (open.bytes() >= targetBytes) {
                    if (files.areCommitted()) {
                        full = true;
                    } else {
                        complete();
                    }
                }
            } catch (InfrastructureException e) {
                files.check();
                throw e;
            }
        }

        private void complete() throws IOException {
            if (encoder != null && part != null) {
                encoder.finish();
                finished.add(part.finish());
                encoder = null;
                part = null;
            }
        }

        @Override
        public void commit(byte[] position) throws IOException {
            try {
                complete();
            } catch (InfrastructureException e) {
                files.check();
                throw e;
            }
            files.commit(List.copyOf(finished), position);
            finished.clear();
            full = false;
        }

        @Override
        public boolean wantsCommit() {
            return full;
        }

        @Override
        public String finish() throws IOException {
            complete();
            return String.join(AND, finished);
        }

        @Override
        public void close() {
            if (part != null) {
                part.close();
            }
        }
    }
}
