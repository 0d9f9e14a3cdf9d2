package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files of this machine, and those mounted on it. */
final class LocalStorage implements Storage {
    static final LocalStorage INSTANCE = new LocalStorage();

    private LocalStorage() {}

    @Override
    public List<InputFile> find(Location location) {
        List<InputFile> files;
        try {
            files = found(location);
        } catch (IOException e) {
            throw new InputException(location.text() + ": cannot be read: " + e, e);
        }
        for (InputFile file : files) {
            if (!Files.isReadable(Path.of(file.path()))) {
                throw new InputException(file.path() + ": cannot be read (expected: read permission)");
            }
        }
        return files;
    }

    private static List<InputFile> found(Location location) throws IOException {
        Path plain = Path.of(location.path());
        if (Files.isRegularFile(plain)) {
            return List.of(new InputFile(plain.toString(), Files.size(plain)));
        }
        if (Files.isDirectory(plain)) {
            return location.some(walk(plain, 1, file -> true, false), "holds no file");
        }
        if (location.isGlob()) {
            return location.some(glob(location), "matches no file");
        }
        throw Files.exists(plain) ? location.noRegularFile() : location.noSuchFile();
    }

    /** What matches, below the last directory that is named without wildcards. */
    private static List<InputFile> glob(Location location) throws IOException {
        String pattern = location.path().replaceAll("/+", "/");
        Matcher wildcard = Location.GLOB.matcher(pattern);
        int slash = wildcard.find() ? pattern.lastIndexOf('/', wildcard.start()) : -1;
        Path base = Path.of(pattern.substring(0, Math.max(slash, pattern.startsWith("/") ? 1 : 0)));
        if (!Files.isDirectory(base)) {
            throw location.noSuchDirectory(base.toString());
        }
        String below = pattern.substring(slash + 1);
        boolean anyDepth = below.contains("**") || below.contains("{");
        int depth = anyDepth
                ? Integer.MAX_VALUE
                : 1 + (int) below.chars().filter(c -> c == '/').count();
        return walk(base, depth, FileSystems.getDefault().getPathMatcher("glob:" + pattern), !below.contains("**"));
    }

    /**
     * The files that match, by path.
     *
     * @param inDirectories true to find those in directories that match, too
     */
    private static List<InputFile> walk(Path base, int depth, PathMatcher wanted, boolean inDirectories)
            throws IOException {
        Map<String, InputFile> found = new TreeMap<>();
        int levels = inDirectories && depth < Integer.MAX_VALUE ? depth + 1 : depth;
        Files.walkFileTree(base, EnumSet.of(FileVisitOption.FOLLOW_LINKS), levels, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
                return dir.equals(base) || !isHidden(dir) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
                if (attrs.isRegularFile() && !isHidden(file) && isWanted(file)) {
                    found.put(file.toString(), new InputFile(file.toString(), attrs.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            private boolean isWanted(Path file) {
                Path parent = file.getParent();
                return wanted.matches(file)
                        || (inDirectories && parent != null && !parent.equals(base) && wanted.matches(parent));
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                if (e instanceof NoSuchFileException || e instanceof FileSystemLoopException) {
                    return FileVisitResult.CONTINUE;
                }
                throw new InputException(file + ": cannot be read: " + e, e);
            }
        });
        return List.copyOf(found.values());
    }

    private static boolean isHidden(Path file) {
        return Storage.isHidden(String.valueOf(file.getFileName()));
    }

    @Override
    public StorageInput open(String path) {
        try {
            return new Input(path, new FileInputStream(path));
        } catch (IOException e) {
            throw new InputException(
                    Files.exists(Path.of(path))
                            ? path + ": cannot be read: " + e.getMessage()
                            : path + ": no such file (expected: the file that the driver found)",
                    e);
        }
    }

    @Override
    public OutputStream create(String path) throws IOException {
        return Files.newOutputStream(Path.of(path));
    }

    @Override
    public void createNew(String path) throws IOException {
        Files.createFile(Path.of(path));
    }

    @Override
    public String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    @Override
    public boolean isRoot(String path) {
        return Path.of(path).toAbsolutePath().normalize().getFileName() == null;
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(Path.of(path));
    }

    @Override
    public boolean isDirectory(String path) {
        return Files.isDirectory(Path.of(path));
    }

    @Override
    public List<String> list(String directory) throws IOException {
        try (Stream<Path> content = Files.list(Path.of(directory))) {
            return content.map(each -> String.valueOf(each.getFileName())).toList();
        }
    }

    @Override
    public void makeDirectory(String path) {
        try {
            Files.createDirectories(Path.of(path));
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be written: " + e + " (expected: a writable directory)", e);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(Path.of(from), Path.of(to));
    }

    @Override
    public void publish(String from, String to) throws IOException {
        Files.deleteIfExists(Path.of(to));
        Files.move(Path.of(from), Path.of(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(String path) throws IOException {
        Path root = Path.of(path);
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Override
    public boolean canPublish(String target, String beside) throws IOException {
        Path place = Path.of(target);
        return !Files.exists(place) || Files.getFileStore(place).equals(Files.getFileStore(Path.of(beside)));
    }

    @Override
    public GheeException unwritable(String path, IOException e) {
        if (e instanceof DirectoryNotEmptyException) {
            return new ConfigurationException(
                    path + " exists and is not empty (expected: a directory that is absent or empty)", e);
        }
        if (e instanceof AccessDeniedException) {
            return new ConfigurationException(
                    path + " cannot be written: " + e + " (expected: write permission for "
                            + System.getProperty("user.name") + ")",
                    e);
        }
        String message = String.valueOf(e.getMessage());
        boolean full = message.contains("No space left") || message.contains("quota exceeded");
        return new InfrastructureException(
                path + " cannot be written: " + e + (full ? " (expected: room on its disk; see `df -h`, `df -i`)" : ""),
                e);
    }

    private static final class Input extends StorageInput {
        private final String path;
        private final FileInputStream file;
        private final FileChannel channel;

        Input(String path, FileInputStream file) {
            this.path = path;
            this.file = file;
            this.channel = file.getChannel();
        }

        private InputException failed(IOException e) {
            return new InputException(path + ": cannot be read: " + e.getMessage(), e);
        }

        @Override
        long length() {
            try {
                return channel.size();
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        long position() {
            try {
                return channel.position();
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        void seek(long position) {
            try {
                channel.position(position);
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        public int read() {
            try {
                return file.read();
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            try {
                return file.read(bytes, offset, length);
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        int read(ByteBuffer into) {
            try {
                return channel.read(into);
            } catch (IOException e) {
                throw failed(e);
            }
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException e) {
                throw failed(e);
            }
        }
    }
}
