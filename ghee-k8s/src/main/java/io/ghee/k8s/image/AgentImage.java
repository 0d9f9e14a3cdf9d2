package io.ghee.k8s.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.agent.KnownJars;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * Makes the image of a worker: a base with a Java runtime, and the class path of this JVM on top of it, so that driver and
 * workers run the same code. What seldom changes, the jars of others, is a layer of its own. The same class path on the same
 * base gives the same image, byte for byte. The digests of those jars of others lie beside them ({@link KnownJars}), as
 * every worker needs them when it starts.
 *
 * <p>In the image, the environment variable {@code CLASSPATH} names the jars under {@value #HOME}, in their order here.
 */
public final class AgentImage {
    /** Where the class path lies in the image. */
    public static final String HOME = "/ghee/lib";

    private static final String ARCHIVE = "tar://";

    private AgentImage() {}

    /**
     * Writes the image as an archive, as {@code docker load} and {@code ctr images import} read it.
     *
     * @param base a reference to an image in a registry, or {@code tar://} and the path of an archive; it must have {@code java}
     *     on its path
     * @param name what the image is called
     * @param output the archive; replaced if it is there
     * @throws ConfigurationException if the base or the name is none
     * @throws InfrastructureException if the base cannot be had, or the archive cannot be written
     */
    public static void write(String base, String name, Path output) throws InterruptedException {
        write(base, name, output, System.getProperty("java.class.path"));
    }

    /** The same with another class path. */
    static void write(String base, String name, Path output, String classPath) throws InterruptedException {
        Path archive = output.toAbsolutePath();
        try (Temporary digests = Temporary.create()) {
            JibContainerBuilder image = from(base).setFormat(ImageFormat.Docker).setCreationTime(Instant.EPOCH);
            ClassPathLayers layers = ClassPathLayers.of(classPath, digests.file);
            layers.all().forEach(image::addFileEntriesLayer);
            image.addEnvironmentVariable("CLASSPATH", layers.classPath());
            // The driver says what a pod runs; by hand, there is nothing to run.
            image.setEntrypoint("java", "io.ghee.k8s.agent.PodAgent");
            image.containerize(Containerizer.to(TarImage.at(archive).named(name))
                    .setToolName("ghee")
                    .setOfflineMode(base.startsWith(ARCHIVE)));
        } catch (InvalidImageReferenceException e) {
            throw new ConfigurationException("image: " + e.getMessage() + " (expected: a reference, or tar://FILE)", e);
        } catch (RegistryException | IOException | CacheDirectoryCreationException | ExecutionException e) {
            throw new InfrastructureException(
                    "image " + name + " from " + base + " cannot be made: " + e.getMessage(), e);
        }
    }

    private static JibContainerBuilder from(String base) throws InvalidImageReferenceException {
        if (!base.startsWith(ARCHIVE)) {
            return Jib.from(base);
        }
        Path archive = Path.of(base.substring(ARCHIVE.length()));
        if (!Files.isRegularFile(archive)) {
            throw new ConfigurationException("base " + base + ": no such file (expected: an archive of an image)");
        }
        return Jib.from(TarImage.at(archive));
    }

    /** A file that is gone when it is closed. */
    private record Temporary(Path file) implements AutoCloseable {
        static Temporary create() throws IOException {
            return new Temporary(Files.createTempFile("ghee-jars", ".sha256"));
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(file);
        }
    }

    /** The entries of a class path as layers, and their paths in the image. */
    private record ClassPathLayers(List<FileEntriesLayer> all, String classPath) {
        /** What the jars of others are known by is written to {@code digests}. */
        static ClassPathLayers of(String classPath, Path digests) throws IOException {
            FileEntriesLayer.Builder others = layer("libraries");
            FileEntriesLayer.Builder ours = layer("application");
            List<String> inside = new ArrayList<>();
            List<Path> known = new ArrayList<>();
            for (String entry : classPath.split(File.pathSeparator, -1)) {
                Path here = Path.of(entry);
                if (entry.isEmpty() || !Files.exists(here)) {
                    continue;
                }
                AbsoluteUnixPath there = AbsoluteUnixPath.get(HOME).resolve(String.valueOf(here.getFileName()));
                if (inside.contains(there.toString())) {
                    throw new ConfigurationException("class path: two entries are called " + here.getFileName()
                            + " (expected: names of their own)");
                }
                inside.add(there.toString());
                boolean seldomChanges = Files.isRegularFile(here) && !entry.contains("SNAPSHOT");
                FileEntriesLayer.Builder layer = seldomChanges ? others : ours;
                layer.addEntryRecursive(here, there, (from, to) -> permissions(from));
                if (seldomChanges) {
                    known.add(here);
                }
            }
            FileTime modified = FileTime.from(FileEntriesLayer.DEFAULT_MODIFICATION_TIME);
            Files.writeString(digests, KnownJars.describe(known, modified));
            others.addEntry(digests, AbsoluteUnixPath.get(HOME).resolve(KnownJars.FILE));
            return new ClassPathLayers(List.of(others.build(), ours.build()), String.join(":", inside));
        }

        private static FileEntriesLayer.Builder layer(String name) {
            return FileEntriesLayer.builder().setName(name);
        }

        private static FilePermissions permissions(Path from) {
            return Files.isDirectory(from)
                    ? FilePermissions.DEFAULT_FOLDER_PERMISSIONS
                    : FilePermissions.DEFAULT_FILE_PERMISSIONS;
        }
    }
}
