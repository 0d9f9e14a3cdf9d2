package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InputException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a user says that files are.
 *
 * @param text as the user wrote it, for messages
 * @param path a path or a glob, without a scheme
 */
record Location(String text, String path) implements Serializable {
    /** A scheme has two letters or more: {@code C:/data} is a path. */
    private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][-+.a-zA-Z0-9]+):(/.*)");

    private static final Pattern GLOB = Pattern.compile("[*?\\[{]");

    /** A file and how long it is. */
    record InputFile(String path, long bytes) {}

    /** Takes the scheme off. */
    static Location parse(String text) {
        check(!text.isBlank(), "location", '"' + text + '"', "a path or a file:// URI");
        Matcher uri = SCHEME.matcher(text);
        if (!uri.matches()) {
            return new Location(text, text);
        }
        check(
                "file".equalsIgnoreCase(uri.group(1)),
                "location",
                text,
                "a local path or a file:// URI; files of scheme " + uri.group(1) + " cannot be read or written here");
        String path = uri.group(2);
        if (path.startsWith("//")) {
            int slash = path.indexOf('/', 2);
            String host = path.substring(2, slash < 0 ? path.length() : slash);
            check(
                    slash > 0 && (host.isEmpty() || "localhost".equals(host)),
                    "location",
                    text,
                    "file:///path, with three slashes");
            path = path.substring(slash);
        }
        return new Location(text, decode(text, path));
    }

    private static String decode(String text, String path) {
        try {
            return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("location: " + text + " (expected: a URI, with %25 for a % sign)", e);
        }
    }

    /**
     * The files there are, by path.
     *
     * @throws InputException if there are none, one is unreadable, or all are empty
     */
    List<InputFile> files() throws IOException {
        List<InputFile> files = find();
        if (files.stream().allMatch(file -> file.bytes() == 0)) {
            throw new InputException(text + ": " + (files.size() == 1 ? "is" : "all " + files.size() + " files are")
                    + " empty (expected: at least one line)");
        }
        for (InputFile file : files) {
            if (!Files.isReadable(Path.of(file.path()))) {
                throw new InputException(file.path() + ": cannot be read (expected: read permission)");
            }
        }
        return files;
    }

    private List<InputFile> find() throws IOException {
        Path plain = Path.of(path);
        if (Files.isRegularFile(plain)) {
            return List.of(new InputFile(plain.toString(), Files.size(plain)));
        }
        if (Files.isDirectory(plain)) {
            return some(walk(plain, 1, file -> true), "holds no file");
        }
        if (GLOB.matcher(path).find()) {
            return some(glob(), "matches no file");
        }
        throw new InputException(
                Files.exists(plain)
                        ? text + ": is no regular file (expected: a file, a directory of files, or a glob)"
                        : text + ": no such file (expected: a file, a directory of files, or a glob)");
    }

    private List<InputFile> some(List<InputFile> files, String otherwise) {
        if (files.isEmpty()) {
            throw new InputException(
                    text + ": " + otherwise + " (expected: at least one whose name starts with neither . nor _)");
        }
        return files;
    }

    /** What matches, below the last directory that is named without wildcards. */
    private List<InputFile> glob() throws IOException {
        String pattern = path.replaceAll("/+", "/");
        Matcher wildcard = GLOB.matcher(pattern);
        int slash = wildcard.find() ? pattern.lastIndexOf('/', wildcard.start()) : -1;
        Path base = Path.of(pattern.substring(0, Math.max(slash, pattern.startsWith("/") ? 1 : 0)));
        if (!Files.isDirectory(base)) {
            throw new InputException(text + ": no such directory: " + base + " (expected: where to look for files)");
        }
        String below = pattern.substring(slash + 1);
        boolean anyDepth = below.contains("**") || below.contains("{");
        int depth = anyDepth
                ? Integer.MAX_VALUE
                : 1 + (int) below.chars().filter(c -> c == '/').count();
        return walk(base, depth, FileSystems.getDefault().getPathMatcher("glob:" + pattern));
    }

    private static List<InputFile> walk(Path base, int depth, PathMatcher wanted) throws IOException {
        List<InputFile> found = new ArrayList<>();
        Files.walkFileTree(base, EnumSet.of(FileVisitOption.FOLLOW_LINKS), depth, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
                return dir.equals(base) || !isHidden(dir) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
                if (attrs.isRegularFile() && !isHidden(file) && wanted.matches(file)) {
                    found.add(new InputFile(file.toString(), attrs.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                if (e instanceof NoSuchFileException || e instanceof FileSystemLoopException) {
                    return FileVisitResult.CONTINUE;
                }
                throw new InputException(file + ": cannot be read: " + e, e);
            }
        });
        found.sort(Comparator.comparing(InputFile::path));
        return found;
    }

    private static boolean isHidden(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.startsWith(".") || name.startsWith("_");
    }
}
