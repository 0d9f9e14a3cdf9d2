package io.ghee.examples.servers;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A name node and three data nodes. Used by one thread.
 *
 * <p>What waits for them, waits for two minutes at most, and ends in an {@link io.ghee.InfrastructureException} then. They are
 * closed at the end of the JVM at the latest.
 */
public final class LocalHdfs implements Closeable {
    private static final int DATA_NODES = 3;

    private final LocalServer<MiniDFSCluster> cluster;

    private LocalHdfs(LocalServer<MiniDFSCluster> cluster) {
        this.cluster = cluster;
    }

    /** Starts a file system; it is ready, and empty, when this returns. */
    public static LocalHdfs start() {
        return new LocalHdfs(LocalServer.start("hdfs", LocalHdfs::cluster, MiniDFSCluster::shutdown));
    }

    private static MiniDFSCluster cluster(Path files) throws IOException {
        Configuration settings = new HdfsConfiguration();
        settings.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, files.toString());
        MiniDFSCluster cluster =
                new MiniDFSCluster.Builder(settings).numDataNodes(DATA_NODES).build();
        try {
            cluster.waitActive();
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.shutdown();
            throw e;
        }
    }

    /** Its address, {@code hdfs://HOST:PORT}. */
    public String uri() {
        return cluster.server().getURI().toString();
    }

    Path files() {
        return cluster.files();
    }

    /** Stops the nodes, and deletes what they have kept. */
    @Override
    public void close() {
        cluster.close();
    }
}
