package io.ghee.agent;

import io.ghee.InfrastructureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The driver's class path, in parts, for workers that lack some of it. Used by one thread. */
final class CodeServer implements AutoCloseable {
    /** Long enough that asking for each is nothing; short enough that other workers need not wait. */
    static final int PART = 512 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(CodeServer.class);

    private final List<Path> entries = ClassPathDigest.pathsOfThisJvm();
    /** Directories as archives. */
    private final Map<Path, Path> packed = new HashMap<>();

    /**
     * A part of an entry.
     *
     * @throws InfrastructureException if there is no such entry, or it cannot be read
     */
    CodeMessage.Part part(CodeMessage.Wanted wanted) {
        if (wanted.entry() < 0 || wanted.entry() >= entries.size()) {
            throw new InfrastructureException(
                    "entry " + wanted.entry() + " of the class path (expected: less than " + entries.size() + ")");
        }
        Path entry = entries.get(wanted.entry());
        try (FileChannel file = FileChannel.open(asFile(entry))) {
            long left = Math.max(0, file.size() - wanted.from());
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(PART, left));
            while (bytes.hasRemaining() && file.read(bytes, wanted.from() + bytes.position()) >= 0) {}
            return new CodeMessage.Part(wanted.entry(), wanted.from(), file.size(), bytes.array());
        } catch (IOException e) {
            throw new InfrastructureException("class path entry " + entry + " cannot be read: " + e.getMessage(), e);
        }
    }

    private Path asFile(Path entry) throws IOException {
        if (!Files.isDirectory(entry)) {
            return entry;
        }
        Path known = packed.get(entry);
        if (known == null) {
            known = pack(entry);
            packed.put(entry, known);
        }
        return known;
    }

    private static Path pack(Path directory) throws IOException {
        Path archive = Files.createTempFile("ghee-code", ".zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(archive));
                Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                ZipEntry entry = new ZipEntry(ClassPathDigest.name(directory, file));
                entry.setLastModifiedTime(FileTime.fromMillis(0));
                out.putNextEntry(entry);
                Files.copy(file, out);
                out.closeEntry();
            }
        }
        return archive;
    }

    @Override
    public void close() {
        for (Path archive : packed.values()) {
            try {
                Files.deleteIfExists(archive);
            } catch (IOException e) {
                LOG.warn("{} cannot be deleted: {}", archive, e.toString());
            }
        }
    }
}
