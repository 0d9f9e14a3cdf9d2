package io.ghee.k8s;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The driver's {@code HADOOP_CONF_DIR}, for the workers. */
final class HadoopSettings {
    static final String VARIABLE = "HADOOP_CONF_DIR";

    private HadoopSettings() {}

    /** The files of settings by name; none if the variable is not set. */
    static Map<String, String> ofThisProcess() {
        String directory = System.getenv(VARIABLE);
        return directory == null || directory.isBlank() ? Map.of() : read(Path.of(directory));
    }

    static Map<String, String> read(Path directory) {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(directory)) {
            for (Path file :
                    all.filter(each -> each.toString().endsWith(".xml")).toList()) {
                files.put(String.valueOf(file.getFileName()), Files.readString(file));
            }
        } catch (IOException e) {
            throw new ConfigurationException(
                    VARIABLE + ": " + directory + " cannot be read: " + e + " (expected: a directory of settings)", e);
        }
        return files;
    }
}
