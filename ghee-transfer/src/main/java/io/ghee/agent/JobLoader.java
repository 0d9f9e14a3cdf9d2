package io.ghee.agent;

import io.ghee.InfrastructureException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The loader of a class path that may grow, where it then finds the same as if it had been so from the beginning. */
final class JobLoader extends URLClassLoader {
    /** Looking for that many names takes longer than loading anew what has been loaded by now. */
    private static final int MANY = 4000;

    private final List<Path> classPath;

    static {
        registerAsParallelCapable();
    }

    JobLoader(List<Path> classPath) {
        super(classPath.stream().map(JobLoader::url).toArray(URL[]::new), getPlatformClassLoader());
        this.classPath = classPath;
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("every file has a URL", e);
        }
    }

    /**
     * Makes this the loader of a longer class path, if that can be done by adding to its end.
     *
     * @return false if it cannot; this loader is as before
     */
    boolean grow(List<Path> longer) {
        List<Path> common = new ArrayList<>(longer);
        common.retainAll(classPath);
        if (!common.equals(classPath)) {
            return false;
        }
        List<Path> added = new ArrayList<>(longer);
        added.removeAll(classPath);
        if (!longer.subList(0, classPath.size()).equals(classPath) && !areNew(added)) {
            return false;
        }
        added.forEach(each -> addURL(url(each)));
        return true;
    }

    private boolean areNew(List<Path> added) {
        List<String> names = new ArrayList<>();
        for (Path each : added) {
            names.addAll(names(each));
        }
        return names.size() <= MANY && names.stream().noneMatch(name -> findResource(name) != null);
    }

    /** The names of all that may be found in an entry of a class path. */
    private static List<String> names(Path entry) {
        try {
            if (Files.isDirectory(entry)) {
                try (Stream<Path> files = Files.walk(entry)) {
                    return files.filter(Files::isRegularFile)
                            .map(file -> ClassPathDigest.name(entry, file))
                            .filter(JobLoader::isLookedFor)
                            .toList();
                }
            }
            try (ZipFile jar = new ZipFile(entry.toFile())) {
                return jar.stream()
                        .map(ZipEntry::getName)
                        .filter(name -> !name.endsWith("/") && isLookedFor(name))
                        .toList();
            }
        } catch (IOException | UncheckedIOException e) {
            throw new InfrastructureException("the job's code " + entry + " cannot be read: " + e, e);
        }
    }

    /** What many jars have, each for itself, and no code asks a loader for. */
    private static boolean isLookedFor(String name) {
        return !name.equals("META-INF/MANIFEST.MF")
                && !name.equals("module-info.class")
                && !name.startsWith("META-INF/LICENSE")
                && !name.startsWith("META-INF/NOTICE")
                && !name.equals("META-INF/DEPENDENCIES");
    }
}
