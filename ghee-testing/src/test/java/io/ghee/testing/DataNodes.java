package io.ghee.testing;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.FSNamesystem;

/** A name node, and three data nodes in a JVM each; files have three replicas. */
final class DataNodes implements AutoCloseable {
    static final int DATA_NODES = 3;
    /** In bytes; small, so that small files have several blocks. */
    private static final int BLOCK = 16 << 10;

    private static final Duration DEADLINE = Duration.ofSeconds(90);

    private final MiniDFSCluster names;
    private final DistributedFileSystem files;
    private final List<ServerProcess> nodes = new ArrayList<>();

    private DataNodes(java.nio.file.Path directory) throws IOException {
        Configuration settings = new HdfsConfiguration();
        settings.set(
                MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.resolve("names").toString());
        settings.setLong("dfs.namenode.fs-limits.min-block-size", 512);
        settings.setBoolean("dfs.namenode.datanode.registration.ip-hostname-check", false);
        // 12 s until a data node that says nothing counts as lost
        settings.setInt("dfs.namenode.heartbeat.recheck-interval", 1000);
        settings.setInt("dfs.heartbeat.interval", 1);
        settings.setInt("dfs.namenode.redundancy.interval.seconds", 1);
        settings.setInt("dfs.namenode.reconstruction.pending.timeout-sec", 3);
        names = new MiniDFSCluster.Builder(settings).numDataNodes(0).build();
        Random random = new Random();
        for (int k = 0; k < DATA_NODES; k++) {
            java.nio.file.Path home = Files.createDirectories(directory.resolve("data-" + k));
            nodes.add(new ServerProcess(
                    home.resolve("out"),
                    Main.class,
                    names.getURI().toString(),
                    home.resolve("blocks").toString(),
                    Integer.toString(ServerProcess.freePort(random))));
            nodes.get(k).start();
        }
        // with settings of its own: those of the cluster ask for as many replicas as it has started nodes itself
        files = new DistributedFileSystem();
        files.initialize(names.getURI(), new HdfsConfiguration());
    }

    /** Starts them; they are ready when {@link #awaitWhole} returns. */
    static DataNodes start(java.nio.file.Path directory) {
        try {
            return new DataNodes(directory);
        } catch (IOException e) {
            throw new IllegalStateException("data nodes do not start", e);
        }
    }

    /** The JVM of a data node: its arguments are the name node, its directory, its port. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) throws Exception {
            ServerProcess.endWithTests();
            Configuration settings = new HdfsConfiguration();
            settings.set("fs.defaultFS", args[0]);
            settings.set("dfs.datanode.data.dir", args[1]);
            settings.set("dfs.datanode.address", "127.0.0.1:" + args[2]);
            settings.set("dfs.datanode.http.address", "127.0.0.1:0");
            settings.set("dfs.datanode.ipc.address", "127.0.0.1:0");
            settings.set("dfs.datanode.hostname", "127.0.0.1");
            settings.setInt("dfs.heartbeat.interval", 1);
            settings.setInt("dfs.blockreport.initialDelay", 0);
            settings.setInt("dfs.datanode.handler.count", 2);
            DataNode node = DataNode.createDataNode(new String[0], settings);
            System.out.println(node + " is up");
            Thread.currentThread().join();
        }
    }

    String uri() {
        return names.getURI().toString();
    }

    ServerProcess node(int k) {
        return nodes.get(k);
    }

    /** Waits until all data nodes are there, and all blocks are on all of them. */
    void awaitWhole() {
        await("all blocks are on all data nodes").atMost(DEADLINE).until(this::isWhole);
    }

    boolean isWhole() {
        FSNamesystem namesystem = names.getNamesystem();
        return nodes.stream().allMatch(ServerProcess::isRunning)
                && namesystem.getNumLiveDataNodes() == DATA_NODES
                && namesystem.getUnderReplicatedBlocks() == 0
                && namesystem.getPendingReplicationBlocks() == 0
                && answers();
    }

    /** A data node that was started again counts as live before it is there. */
    private boolean answers() {
        return names.getNamesystem().getBlockManager().getDatanodeManager().getDatanodes().stream()
                .allMatch(node -> System.currentTimeMillis() - node.getLastUpdate() < 3000);
    }

    void write(String path, Collection<String> lines) throws IOException {
        Path file = new Path(path);
        try (FSDataOutputStream out = files.create(file, true, 4096, (short) DATA_NODES, BLOCK)) {
            for (String line : lines) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** How long the files of a directory are together, but for hidden ones; 0 if there is none. */
    long bytes(String directory) throws IOException {
        long bytes = 0;
        for (FileStatus file : list(directory)) {
            bytes += file.getPath().getName().startsWith("_") ? 0 : file.getLen();
        }
        return bytes;
    }

    private FileStatus[] list(String directory) throws IOException {
        Path path = new Path(directory);
        return files.exists(path) ? files.listStatus(path) : new FileStatus[0];
    }

    /** The names in a directory. */
    List<String> names(String directory) throws IOException {
        List<String> found = new ArrayList<>();
        for (FileStatus file : list(directory)) {
            found.add(file.getPath().getName());
        }
        return found;
    }

    /** The lines of the files of a directory, but for hidden ones. */
    List<String> lines(String directory) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : names(directory)) {
            if (!name.startsWith("_") && !name.startsWith(".")) {
                try (BufferedReader in = new BufferedReader(
                        new InputStreamReader(files.open(new Path(directory, name)), StandardCharsets.UTF_8))) {
                    in.lines().forEach(lines::add);
                }
            }
        }
        return lines;
    }

    void delete(String path) throws IOException {
        files.delete(new Path(path), true);
    }

    @Override
    public void close() throws InterruptedException {
        for (ServerProcess node : nodes) {
            node.close();
        }
        names.shutdown(true);
    }
}
