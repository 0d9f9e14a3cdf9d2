package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import org.apache.hadoop.fs.BlockLocation;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.jspecify.annotations.Nullable;

/** The files that Hadoop's file systems hold: HDFS, and those whose jar the user adds. */
final class HadoopStorage implements Storage {
    static final HadoopStorage INSTANCE = new HadoopStorage();

    /** The artefacts that users of these schemes most often lack. */
    private static final Map<String, String> JARS = Map.of(
            "s3a", "org.apache.hadoop:hadoop-aws",
            "s3", "org.apache.hadoop:hadoop-aws, whose scheme is s3a",
            "s3n", "org.apache.hadoop:hadoop-aws, whose scheme is s3a",
            "abfs", "org.apache.hadoop:hadoop-azure",
            "abfss", "org.apache.hadoop:hadoop-azure",
            "gs", "com.google.cloud.bigdataoss:gcs-connector",
            "oss", "org.apache.hadoop:hadoop-aliyun",
            "ofs", "org.apache.ozone:ozone-filesystem-hadoop3",
            "o3fs", "org.apache.ozone:ozone-filesystem-hadoop3");

    private HadoopStorage() {}

    /** Those that this process has opened as its user of now. */
    static Collection<FileSystem> used() throws IOException {
        List<FileSystem> used = new ArrayList<>();
        for (URI each : HadoopAccess.USED) {
            used.add(fileSystem(new Path(each)));
        }
        return used;
    }

    /**
     * Looks whether there is a file system for the scheme of a location; asks no server.
     *
     * @throws ConfigurationException if there is none, or Hadoop asks for Kerberos and there is no realm
     */
    static void checkScheme(String location, String scheme) {
        // The first look makes one of each kind, and one of them asks who the user is.
        HadoopUser.configure();
        try {
            FileSystem.getFileSystemClass(scheme, HadoopSettings.current());
        } catch (IOException | RuntimeException e) {
            throw noFileSystem(location, scheme, e);
        }
    }

    private static ConfigurationException noFileSystem(String location, String scheme, Exception cause) {
        String jar = JARS.getOrDefault(scheme, "one that has a Hadoop FileSystem for " + scheme + "://");
        return new ConfigurationException(
                "location: " + location + ": no file system for scheme " + scheme
                        + " (expected: its jar on the class path: " + jar + ")",
                cause);
    }

    private static FileSystem fileSystem(Path path) throws IOException {
        try {
            if ("hdfs".equals(path.toUri().getScheme()) && path.toUri().getAuthority() == null) {
                // Hadoop takes the authority from the default file system, and fails in words of its own.
                URI main = FileSystem.getDefaultUri(HadoopSettings.current());
                check(
                        "hdfs".equals(main.getScheme()),
                        "location",
                        path,
                        "hdfs://namenode:port/path, or an fs.defaultFS of HDFS in HADOOP_CONF_DIR; it is " + main);
            }
            FileSystem opened = HadoopUser.call(
                    () -> path.getFileSystem(HadoopSettings.of(path.toUri().getAuthority())));
            HadoopAccess.USED.add(opened.getUri());
            return opened;
        } catch (UnsupportedFileSystemException e) {
            throw noFileSystem(path.toString(), path.toUri().getScheme(), e);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "location: " + path + ": " + e.getMessage()
                            + " (expected: the address of a name node or a name service that HADOOP_CONF_DIR tells of)",
                    e);
        }
    }

    private static Path path(String text) {
        try {
            return new Path(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("location: " + text + " (expected: scheme://authority/path)", e);
        }
    }

    @Override
    public List<InputFile> find(Location location) {
        try {
            return new Finder(fileSystem(path(location.path()))).find(location);
        } catch (IOException e) {
            throw HadoopFailures.reading(location.text(), e);
        }
    }

    /** One search. */
    private static final class Finder {
        private final FileSystem files;
        private final List<InputFile> found = new ArrayList<>();
        /** One list for all blocks that lie on the same machines. */
        private final Map<List<String>, List<String>> hosts = new HashMap<>();

        Finder(FileSystem files) {
            this.files = files;
        }

        List<InputFile> find(Location location) throws IOException {
            Path plain = path(location.path());
            FileStatus status = status(plain);
            String otherwise = "holds no file";
            if (status != null && status.isFile()) {
                add(status, files.getFileBlockLocations(status, 0, status.getLen()));
                return found;
            } else if (status != null) {
                list(plain, name -> true);
            } else if (location.isGlob()) {
                glob(location);
                otherwise = "matches no file";
            } else {
                throw location.noSuchFile();
            }
            found.sort(Comparator.comparing(InputFile::path));
            return location.some(found, otherwise);
        }

        private @Nullable FileStatus status(Path path) throws IOException {
            try {
                return files.getFileStatus(path);
            } catch (FileNotFoundException e) {
                return null;
            }
        }

        /** Adds the files of a directory, of one listing. */
        private void list(Path directory, Predicate<Path> wanted) throws IOException {
            RemoteIterator<LocatedFileStatus> listing = files.listLocatedStatus(directory);
            while (listing.hasNext()) {
                LocatedFileStatus each = listing.next();
                if (each.isFile() && !Storage.isHidden(each.getPath().getName()) && wanted.test(each.getPath())) {
                    add(each, each.getBlockLocations());
                }
            }
        }

        /** Adds the files that match, and those in directories that do. */
        private void glob(Location location) throws IOException {
            String pattern = path(location.path()).toUri().getPath();
            Matcher wildcard = Location.GLOB.matcher(pattern);
            check(wildcard.find(), "glob", pattern, "one without a # or ? that a URI would end at");
            int slash = pattern.lastIndexOf('/', wildcard.start());
            Path base = files.makeQualified(new Path(slash == 0 ? "/" : pattern.substring(0, slash)));
            if (status(base) == null) {
                throw location.noSuchDirectory(base.toString());
            }
            int last = pattern.lastIndexOf('/');
            String above = pattern.substring(0, last);
            boolean cutsBraces = above.chars().filter(c -> c == '{').count()
                    != above.chars().filter(c -> c == '}').count();
            if (pattern.contains("**") || cutsBraces) {
                walk(base, FileSystems.getDefault().getPathMatcher("glob:" + pattern));
                return;
            }
            GlobFilter name = new GlobFilter(pattern.substring(last + 1));
            FileStatus[] directories =
                    last <= slash ? new FileStatus[] {files.getFileStatus(base)} : files.globStatus(new Path(above));
            for (FileStatus directory : directories) {
                if (directory.isDirectory() && !isHiddenBelow(base, directory.getPath())) {
                    match(directory.getPath(), name);
                }
            }
        }

        private static boolean isHiddenBelow(Path base, Path path) {
            for (Path each = path; each != null && each.depth() > base.depth(); each = each.getParent()) {
                if (Storage.isHidden(each.getName())) {
                    return true;
                }
            }
            return false;
        }

        private void match(Path directory, GlobFilter name) throws IOException {
            RemoteIterator<LocatedFileStatus> listing = files.listLocatedStatus(directory);
            while (listing.hasNext()) {
                LocatedFileStatus each = listing.next();
                if (Storage.isHidden(each.getPath().getName()) || !name.accept(each.getPath())) {
                    continue;
                }
                if (each.isFile()) {
                    add(each, each.getBlockLocations());
                } else {
                    list(each.getPath(), file -> true);
                }
            }
        }

        private void walk(Path directory, PathMatcher wanted) throws IOException {
            RemoteIterator<LocatedFileStatus> listing = files.listLocatedStatus(directory);
            while (listing.hasNext()) {
                LocatedFileStatus each = listing.next();
                if (Storage.isHidden(each.getPath().getName())) {
                    continue;
                }
                if (each.isDirectory()) {
                    walk(each.getPath(), wanted);
                } else if (wanted.matches(
                        java.nio.file.Path.of(each.getPath().toUri().getPath()))) {
                    add(each, each.getBlockLocations());
                }
            }
        }

        private void add(FileStatus file, BlockLocation[] locations) throws IOException {
            List<InputFile.Block> blocks = new ArrayList<>();
            for (BlockLocation each : locations) {
                List<String> on = Arrays.stream(each.getHosts()).distinct().toList();
                blocks.add(new InputFile.Block(
                        each.getOffset(),
                        each.getOffset() + each.getLength(),
                        hosts.computeIfAbsent(on, same -> same)));
            }
            found.add(new InputFile(file.getPath().toString(), file.getLen(), List.copyOf(blocks)));
        }
    }

    @Override
    public StorageInput open(String path) {
        try {
            Path file = path(path);
            return new HadoopInput(path, fileSystem(file).open(file));
        } catch (FileNotFoundException e) {
            throw HadoopFailures.gone(path, e);
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    /** How long a file is. */
    static long length(String path) {
        try {
            Path file = path(path);
            return fileSystem(file).getFileStatus(file).getLen();
        } catch (IOException e) {
            throw HadoopFailures.reading(path, e);
        }
    }

    @Override
    public OutputStream create(String path) throws IOException {
        Path file = path(path);
        return fileSystem(file).create(file, true);
    }

    @Override
    public void createNew(String path) throws IOException {
        Path file = path(path);
        fileSystem(file).create(file, false).close();
    }

    @Override
    public String absolute(String path) {
        try {
            Path named = path(path);
            return fileSystem(named).makeQualified(named).toString();
        } catch (IOException e) {
            throw HadoopFailures.writing(path, e);
        }
    }

    @Override
    public boolean isRoot(String path) {
        return path(path).isRoot();
    }

    @Override
    public boolean exists(String path) throws IOException {
        Path file = path(path);
        return fileSystem(file).exists(file);
    }

    @Override
    public boolean isDirectory(String path) throws IOException {
        Path file = path(path);
        try {
            return fileSystem(file).getFileStatus(file).isDirectory();
        } catch (FileNotFoundException e) {
            return false;
        }
    }

    @Override
    public List<String> list(String directory) throws IOException {
        Path path = path(directory);
        List<String> names = new ArrayList<>();
        RemoteIterator<FileStatus> content = fileSystem(path).listStatusIterator(path);
        while (content.hasNext()) {
            names.add(content.next().getPath().getName());
        }
        return names;
    }

    @Override
    public void makeDirectory(String path) throws IOException {
        Path directory = path(path);
        if (!fileSystem(directory).mkdirs(directory)) {
            throw new IOException("cannot be made a directory");
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        rename(path(from), path(to));
    }

    private static void rename(Path from, Path to) throws IOException {
        FileSystem files = fileSystem(from);
        if (files instanceof DistributedFileSystem hdfs) {
            // The other rename moves into a directory that has come up at the new name.
            hdfs.rename(from, to, Options.Rename.NONE);
        } else if (files.exists(to) || !files.rename(from, to)) {
            throw new IOException("cannot be renamed to " + to);
        }
    }

    @Override
    public void publish(String from, String to) throws IOException {
        Path target = path(to);
        fileSystem(target).delete(target, false);
        rename(path(from), target);
    }

    @Override
    public void delete(String path) throws IOException {
        Path root = path(path);
        fileSystem(root).delete(root, true);
    }

    @Override
    public boolean canPublish(String target, String beside) {
        return true;
    }

    @Override
    public GheeException unwritable(String path, IOException e) {
        return HadoopFailures.writing(path, e);
    }
}
