package io.ghee.agent;

import io.ghee.ConfigurationException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What is on a class path, in short: so that driver and workers can tell that they run the same code. Where it lies does not
 * count, for a pod has other directories; names, order and contents do.
 *
 * <p>A jar is digested by its directory, the names, sizes and CRC-32 of its files: that tells builds apart, and takes
 * milliseconds where the contents of libtorch would take seconds. It is no proof against one who wants two jars to look alike;
 * such a one would have to have the job's keys. A directory is digested by the names and contents of its files. Both are
 * SHA-256, in any order of the files. What a jar's manifest adds to the class path does not count. Of a jar that {@link
 * KnownJars} knows, the digest is taken from there.
 *
 * <p>Immutable. Jars are digested once in a JVM, while their size and time stay the same.
 *
 * @param entries in the order of the class path
 */
public record ClassPathDigest(List<Entry> entries) {
    private static final Map<Seen, String> JARS = new ConcurrentHashMap<>();
    private static final int SHOWN = 12;

    public ClassPathDigest {
        entries = List.copyOf(entries);
    }

    /**
     * A jar or a directory.
     *
     * @param name its file name
     * @param sha256 in hexadecimal
     */
    public record Entry(String name, String sha256) {
        /** What {@link ClassPathDigest#brief} says of it: short, and no proof, as the whole is compared later. */
        String word() {
            return sha256.substring(0, Math.min(SHOWN, sha256.length())) + Integer.toHexString(name.hashCode());
        }

        private String brief() {
            return sha256.length() <= SHOWN || sha256.contains(" ") ? sha256 : sha256.substring(0, SHOWN) + "…";
        }
    }

    private record Seen(Path path, long bytes, FileTime modified) {}

    /** Of this JVM's class path. */
    public static ClassPathDigest ofThisJvm() {
        return of(System.getProperty("java.class.path"));
    }

    /**
     * Of this JVM's class path, without reading it: by path, size and time of each file. For workers on the driver's machine,
     * which have the very same files unless somebody builds them anew just then.
     */
    public static ClassPathDigest stampsOfThisJvm() {
        List<Entry> entries = new ArrayList<>();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            File file = new File(element);
            if (file.exists()) {
                entries.add(new Entry(element, file.length() + " bytes of " + file.lastModified()));
            }
        }
        return new ClassPathDigest(entries);
    }

    /**
     * Of a class path in the form of {@code java -cp}, without wildcards. What does not exist is left out, as the JVM does.
     *
     * @throws ConfigurationException if an entry cannot be read
     */
    public static ClassPathDigest of(String classPath) {
        Map<Path, KnownJars> known = new HashMap<>();
        return new ClassPathDigest(paths(classPath).stream()
                .map(path -> new Entry(String.valueOf(path.getFileName()), digest(path, known)))
                .toList());
    }

    /** What is on this JVM's class path and exists, in the order of {@link #ofThisJvm}. */
    static List<Path> pathsOfThisJvm() {
        return paths(System.getProperty("java.class.path"));
    }

    private static List<Path> paths(String classPath) {
        return Stream.of(classPath.split(File.pathSeparator, -1))
                .map(element -> Path.of(element).toAbsolutePath().normalize())
                .filter(Files::exists)
                .toList();
    }

    /** All of it in a line, a word for each entry: the same for the same entries, and for others as good as never. */
    public String brief() {
        StringBuilder words = new StringBuilder();
        for (Entry entry : entries) {
            words.append(words.isEmpty() ? "" : " ").append(entry.word());
        }
        return words.toString();
    }

    private static String digest(Path path, Map<Path, KnownJars> directories) {
        try {
            if (Files.isDirectory(path)) {
                return ofDirectory(path);
            }
            BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
            Seen seen = new Seen(path, file.size(), file.lastModifiedTime());
            String known = JARS.get(seen);
            if (known == null) {
                known = knownBeside(path, directories).digest(path, seen.bytes, seen.modified);
                known = known == null ? ofJar(path) : known;
                JARS.put(seen, known);
            }
            return known;
        } catch (IOException | UncheckedIOException e) {
            throw new ConfigurationException("class path entry " + path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static KnownJars knownBeside(Path jar, Map<Path, KnownJars> directories) throws IOException {
        Path directory = Objects.requireNonNull(jar.getParent());
        KnownJars known = directories.get(directory);
        if (known == null) {
            known = KnownJars.in(directory);
            directories.put(directory, known);
        }
        return known;
    }

    private static String ofJar(Path path) throws IOException {
        MessageDigest sha256 = sha256();
        try (ZipFile jar = new ZipFile(path.toFile())) {
            List<? extends ZipEntry> files =
                    jar.stream().sorted(Comparator.comparing(ZipEntry::getName)).toList();
            for (ZipEntry file : files) {
                update(sha256, file.getName(), file.getSize(), file.getCrc());
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static String ofDirectory(Path directory) throws IOException {
        MessageDigest sha256 = sha256();
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing(file -> name(directory, file)))
                    .toList();
        }
        byte[] buffer = new byte[1 << 16];
        for (Path file : files) {
            update(sha256, name(directory, file), Files.size(file), 0);
            try (InputStream in = Files.newInputStream(file)) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    sha256.update(buffer, 0, read);
                }
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    static String name(Path directory, Path file) {
        return directory.relativize(file).toString().replace(File.separatorChar, '/');
    }

    private static void update(MessageDigest sha256, String name, long bytes, long crc) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        // The length before the name, so that no two lists of files look alike.
        ByteBuffer numbers = ByteBuffer.allocate(Integer.BYTES + 2 * Long.BYTES);
        sha256.update(numbers.putInt(utf8.length).putLong(bytes).putLong(crc).array());
        sha256.update(utf8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * What differs from the driver's class path, a line for each entry: which has other contents, which is missing here, which
     * is here only; or, if that is all the same, where the order begins to differ. None if the two are the same.
     */
    public List<String> differences(ClassPathDigest driver) {
        if (entries.equals(driver.entries)) {
            return List.of();
        }
        List<Entry> mine = new ArrayList<>(entries);
        List<Entry> theirs = new ArrayList<>(driver.entries);
        mine.removeIf(theirs::remove);
        List<String> differences = new ArrayList<>();
        for (Iterator<Entry> each = mine.iterator(); each.hasNext(); ) {
            Entry here = each.next();
            theirs.stream()
                    .filter(there -> there.name().equals(here.name()))
                    .findFirst()
                    .ifPresent(there -> {
                        differences.add(line(here.name(), here.brief(), there.brief()));
                        theirs.remove(there);
                        each.remove();
                    });
        }
        theirs.forEach(there -> differences.add(line(there.name(), "missing", there.brief())));
        mine.forEach(here -> differences.add(line(here.name(), here.brief(), "none")));
        if (differences.isEmpty()) {
            int at = 0;
            while (entries.get(at).equals(driver.entries.get(at))) {
                at++;
            }
            differences.add(line(
                    "entry " + (at + 1) + " of the class path",
                    entries.get(at).name(),
                    driver.entries.get(at).name()));
        }
        return differences;
    }

    private static String line(String name, String here, String there) {
        return name + ": " + here + " (expected: " + there + ", as the driver)";
    }
}
