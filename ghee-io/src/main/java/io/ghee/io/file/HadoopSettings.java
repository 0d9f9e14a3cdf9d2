package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;
import static java.util.Map.entry;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Hadoop's configuration: that on the class path, over it the files of {@code HADOOP_CONF_DIR}, and for what neither says
 * deadlines that end. Hadoop's own would wait a quarter of an hour for a name node that is gone.
 */
final class HadoopSettings {
    private static final String DIRECTORY = "HADOOP_CONF_DIR";
    /** The source of what is set here. */
    private static final String US = "ghee";

    private static final String RETRIES = "dfs.client.retry.policy.enabled";

    /** What differs from Hadoop's defaults, unless the user says otherwise. */
    private static final Map<String, String> BOUNDS = Map.ofEntries(
            entry("ipc.client.connect.timeout", "5000"),
            entry("ipc.client.connect.max.retries.on.timeouts", "1"),
            entry("ipc.client.rpc-timeout.ms", "10000"),
            entry(RETRIES, "true"),
            entry("dfs.client.retry.policy.spec", "1000,1,3000,2"),
            entry("dfs.client.failover.max.attempts", "6"));

    private static volatile Configuration current = load(System.getenv(DIRECTORY));
    private static volatile Configuration ofServices = forServices(current);

    private HadoopSettings() {}

    /** To be read, not written. */
    static Configuration current() {
        return current;
    }

    /**
     * For a path.
     *
     * @param authority of its URI: a name node, or a name service, in which another name node is tried at once; null for that
     *     of the default file system
     */
    static Configuration of(@Nullable String authority) {
        String named = authority == null ? FileSystem.getDefaultUri(current).getAuthority() : authority;
        return named != null && current.get("dfs.ha.namenodes." + named) != null ? ofServices : current;
    }

    /** What the user says: neither Hadoop's defaults nor ours. */
    static Map<String, String> changed() {
        Map<String, String> changed = new TreeMap<>();
        for (Map.Entry<String, String> each : current) {
            if (!isOurs(current, each.getKey())) {
                changed.put(each.getKey(), each.getValue());
            }
        }
        return changed;
    }

    /** Replaces the configuration, for the file systems that are used for the first time from now on. */
    static void use(Configuration configuration) {
        current = bounded(configuration);
        ofServices = forServices(current);
        HadoopUser.configure();
    }

    private static Configuration forServices(Configuration configuration) {
        Configuration services = new HdfsConfiguration(configuration);
        if (isOurs(services, RETRIES)) {
            services.set(RETRIES, "false", US);
        }
        return services;
    }

    /** Whether the user says nothing of it. */
    private static boolean isOurs(Configuration configuration, String key) {
        String[] sources = configuration.getPropertySources(key);
        return sources == null || sources.length == 0 || sources[0].endsWith("-default.xml") || sources[0].equals(US);
    }

    static Configuration load(@Nullable String directory) {
        Configuration loaded = new HdfsConfiguration();
        if (directory != null) {
            check(Files.isDirectory(Path.of(directory)), DIRECTORY, directory, "a directory with core-site.xml");
            for (String name : new String[] {"core-site.xml", "hdfs-site.xml"}) {
                Path file = Path.of(directory, name);
                if (Files.exists(file)) {
                    loaded.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
                }
            }
        }
        return bounded(loaded);
    }

    private static Configuration bounded(Configuration configuration) {
        Configuration bounded = new HdfsConfiguration(configuration);
        BOUNDS.forEach((key, value) -> {
            if (isOurs(bounded, key)) {
                bounded.set(key, value, US);
            }
        });
        return bounded;
    }
}
