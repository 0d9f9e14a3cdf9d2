package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InputException;
import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a user says that files are.
 *
 * @param text as the user wrote it, for messages
 * @param path a path or a glob, as {@link Storage} has them
 */
record Location(String text, String path) implements Serializable {
    static final Pattern GLOB = Pattern.compile("[*?\\[{]");

    /**
     * Takes the scheme off local ones.
     *
     * @throws ConfigurationException if it is no path and no URI, or of a scheme for which there is no file system
     */
    static Location parse(String text) {
        check(!text.isBlank(), "location", '"' + text + '"', "a path or a URI");
        Matcher uri = Storage.SCHEME.matcher(text);
        if (!uri.matches()) {
            return new Location(text, text);
        }
        if (!"file".equalsIgnoreCase(uri.group(1))) {
            HadoopStorage.checkScheme(text, uri.group(1));
            return new Location(text, text);
        }
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
     * @throws GheeException if there are none, one is unreadable, or all are empty
     */
    List<InputFile> files() {
        List<InputFile> files = storage().find(this);
        if (files.stream().allMatch(file -> file.bytes() == 0)) {
            throw new InputException(text + ": " + (files.size() == 1 ? "is" : "all " + files.size() + " files are")
                    + " empty (expected: at least one line)");
        }
        return files;
    }

    boolean isGlob() {
        return GLOB.matcher(path).find();
    }

    Storage storage() {
        return Storage.of(path);
    }

    List<InputFile> some(List<InputFile> files, String otherwise) {
        if (files.isEmpty()) {
            throw new InputException(
                    text + ": " + otherwise + " (expected: at least one whose name starts with neither . nor _)");
        }
        return files;
    }

    InputException noSuchFile() {
        return new InputException(text + ": no such file (expected: a file, a directory of files, or a glob)");
    }

    InputException noRegularFile() {
        return new InputException(text + ": is no regular file (expected: a file, a directory of files, or a glob)");
    }

    InputException noSuchDirectory(String base) {
        return new InputException(text + ": no such directory: " + base + " (expected: where to look for files)");
    }
}
