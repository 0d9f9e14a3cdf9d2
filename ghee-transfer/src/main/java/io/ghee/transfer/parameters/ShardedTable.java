package io.ghee.transfer.parameters;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Checkpointable;
import io.ghee.train.Collective;
import io.ghee.train.ParameterTable;
import io.ghee.train.TableSpec;
import io.ghee.train.TrainContext;
import io.ghee.transfer.TransferConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A table whose parts are kept by the ranks of the train stage: each serves one, by a thread and on a port of its own, and is a
 * client of all.
 *
 * <p>Only ranks of the same table are let in; they prove it by a secret that is made of what rank 0 draws for the table and
 * the key of the job, if there is one. With a key everything is sealed with AES-256-GCM.
 */
public final class ShardedTable implements ParameterTable {
    private static final int SECRET_BYTES = 32;

    private static volatile TransferConfig config = TransferConfig.loopback(0);

    private final TableSpec spec;
    private final Collective ranks;
    private final Runnable whileWaiting;
    private final ParameterServer server;
    private final ParameterClient client;
    private final BatchRows rows;
    private long pushedAtPull = -1;
    private boolean finished;
    private boolean closed;

    private ShardedTable(
            TableSpec spec, Collective ranks, Runnable whileWaiting, ParameterServer server, ParameterClient client) {
        this.spec = spec;
        this.ranks = ranks;
        this.whileWaiting = whileWaiting;
        this.server = server;
        this.client = client;
        rows = new BatchRows(spec, ranks.size());
    }

    /** How the parameter servers of this process are reached; without it they are on loopback, and nothing is sealed. */
    public static void configure(TransferConfig ofThisProcess) {
        config = ofThisProcess;
    }

    /**
     * Opens a table; see {@link ParameterTable.Opener}. To be closed: it has a port, two threads' worth of buffers, and a part
     * of the table.
     */
    public static ParameterTable open(TrainContext<?> context, TableSpec spec) {
        Collective ranks = context.collective();
        return open(ranks, context::keepUp, spec, config, ParameterClient.Patience.USUAL);
    }

    static ShardedTable open(
            Collective ranks,
            Runnable whileWaiting,
            TableSpec spec,
            TransferConfig config,
            ParameterClient.Patience patience) {
        ParameterServer server = new ParameterServer(spec, ranks.rank(), ranks.size(), ranks.size(), config.host());
        ParameterServer failed = server;
        try {
            String mine = String.join(
                    "\n",
                    spec.toString(),
                    HexFormat.of().formatHex(Greeting.fresh(SECRET_BYTES)),
                    config.host(),
                    Integer.toString(server.port()));
            byte[] drawn = {};
            List<InetSocketAddress> addresses = new ArrayList<>();
            for (ByteBuffer each : ranks.allGather(ByteBuffer.wrap(mine.getBytes(StandardCharsets.UTF_8)))) {
                String[] its = StandardCharsets.UTF_8.decode(each).toString().split("\n", -1);
                if (its.length != 4 || !its[0].equals(spec.toString())) {
                    throw new ConfigurationException("rank " + addresses.size() + " opens the table " + its[0]
                            + ", rank " + ranks.rank() + " " + spec + " (expected: the same of all ranks)");
                }
                drawn = addresses.isEmpty() ? HexFormat.of().parseHex(its[1]) : drawn;
                addresses.add(new InetSocketAddress(its[2], Integer.parseInt(its[3])));
            }
            Greeting.Access access = Greeting.Access.of(drawn, config.job(), config.key());
            server.start(access);
            ParameterClient client =
                    ParameterClient.connect(access, ranks.rank(), spec, addresses, patience, whileWaiting);
            failed = null;
            return new ShardedTable(spec, ranks, whileWaiting, server, client);
        } finally {
            if (failed != null) {
                failed.close();
            }
        }
    }

    @Override
    public TableSpec spec() {
        return spec;
    }

    @Override
    public Rows pull(long[] ids, int count) {
        rows.of(ids, count);
        boolean isFirst = pushedAtPull < 0;
        if (isFirst || (spec.staleness() == 0 && client.pushed() > pushedAtPull)) {
            // Nobody's pull needs long then; and that is where a rank notices what others want of it meanwhile.
            ranks.barrier();
        }
        pushedAtPull = client.pushed();
        client.pull(rows);
        return rows;
    }

    @Override
    public void push(Rows pulled, float weight) {
        if (pulled != rows || pushedAtPull != client.pushed()) {
            throw new IllegalStateException("rows were pushed that were not pulled since the last push");
        }
        client.push(rows, weight);
    }

    @Override
    public Checkpointable state() {
        return new Checkpointable() {
            @Override
            public boolean isOfEachRank() {
                return true;
            }

            @Override
            public Snapshot snapshot() {
                settle();
                Snapshot snapshot = server.snapshot();
                // Nobody pushes the next step before all have their copy.
                ranks.barrier();
                return snapshot;
            }

            @Override
            public void restore(InputStream in) throws IOException {
                server.restore(in);
            }
        };
    }

    /** Returns when everybody has made the steps of this rank, and the rows of this part are what they make of them. */
    private void settle() {
        ranks.barrier();
        try {
            server.await(client.pushed(), whileWaiting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InfrastructureException("waiting for what was pushed to a table was interrupted", e);
        }
    }

    @Override
    public void finish() {
        settle();
        ranks.barrier();
        finished = true;
        close();
    }

    @Override
    public void forEachRow(RowVisitor visitor) throws IOException {
        if (!finished) {
            throw new IllegalStateException("rows of a table that is in use (expected: finish() before)");
        }
        server.forEachRow(visitor);
    }

    /** Bytes of memory that the rows of this rank's part take. */
    long bytes() {
        return server.bytes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            client.close();
            server.close();
        }
    }
}
