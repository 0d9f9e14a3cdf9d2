package io.ghee.io.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A name node and two data nodes, for the tests that ask for them as a parameter; started by the first one, for all of this
 * JVM. Each asks for a directory of its own: {@link #directory}.
 */
public final class Hdfs implements AutoCloseable {
    /** In bytes; small, so that small files have several blocks. */
    public static final int BLOCK = 64 << 10;

    private final MiniDFSCluster cluster;
    private final DistributedFileSystem files;

    private Hdfs() {
        try {
            cluster = new MiniDFSCluster.Builder(settings("hdfs"))
                    .numDataNodes(2)
                    .hosts(new String[] {"first.test", "second.test"})
                    .build();
            cluster.waitActive();
            // One of its own, in no cache: the code that is tested gets the cached one, and a test may close all of
            // those.
            files = new DistributedFileSystem();
            files.initialize(cluster.getURI(), cluster.getConfiguration(0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The configuration of a cluster that keeps its files in a directory of the build, which no other JVM has. */
    public static Configuration settings(String name) throws IOException {
        Configuration settings = new HdfsConfiguration();
        settings.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, ofBuild(name).toString());
        settings.setLong("dfs.blocksize", BLOCK);
        settings.setLong("dfs.namenode.fs-limits.min-block-size", 512);
        settings.setInt("dfs.replication", 2);
        settings.setInt("dfs.bytes-per-checksum", 512);
        return settings;
    }

    static Path ofBuild(String name) throws IOException {
        return Files.createTempDirectory(Path.of("target").toAbsolutePath(), name + "-");
    }

    public MiniDFSCluster cluster() {
        return cluster;
    }

    public DistributedFileSystem files() {
        return files;
    }

    /** The URI of a new directory, without a slash at its end. */
    public String directory(String name) throws IOException {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path("/" + name);
        files.delete(path, true);
        files.mkdirs(path);
        return cluster.getURI() + "/" + name;
    }

    /** Writes a file and returns its URI. */
    public String file(String uri, byte[] content) throws IOException {
        try (FSDataOutputStream file = files.create(new org.apache.hadoop.fs.Path(uri))) {
            file.write(content);
        }
        return uri;
    }

    public String file(String uri, String content) throws IOException {
        return file(uri, content.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        cluster.shutdown(true);
    }

    /** Gives tests the cluster: {@code @ExtendWith(Hdfs.Extension.class)}. */
    public static final class Extension implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Hdfs.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(Namespace.create(Hdfs.class))
                    .getOrComputeIfAbsent(Hdfs.class, key -> new Hdfs(), Hdfs.class);
        }
    }
}
