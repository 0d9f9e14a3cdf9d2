package io.ghee.io.kafka;

import static io.ghee.ConfigurationException.check;

import io.ghee.InfrastructureException;
import io.ghee.sink.ResumableSink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Who may commit to a topic for a job, and what was committed: the protocol of {@link ResumableSink} in terms of transactions.
 *
 * <p>Under the id {@code JOB/driver} the {@link CursorTopic} has the {@link State} of the job, and under {@code
 * JOB/ATTEMPT/REPLICA} the position of each writer. A driver takes over by a transaction of its own that claims the next
 * attempt, of which the brokers let one driver have one; then it fences the writers of the attempt before. A writer that is
 * opened after that, by whoever has slept meanwhile, sees the claim, and goes no further.
 */
final class KafkaCommits<T> {
    private static final int VERSION = 1;
    /** How often a driver tries to take over from one that runs. */
    private static final int CLAIMS = 5;

    private final KafkaSink<T> sink;
    private final String job;
    private final CursorTopic cursor;

    KafkaCommits(KafkaSink<T> sink, String job) {
        this.sink = sink;
        this.job = job;
        this.cursor = new CursorTopic(CursorTopic.DEFAULT_NAME, sink.settings());
    }

    /**
     * How far attempts are.
     *
     * @param topic which the job writes to
     * @param claimed the highest number that some driver has
     * @param begun the last attempt that has begun; -1 if none
     * @param writers of that attempt
     * @param position which that attempt began with
     */
    private record State(String topic, int claimed, int begun, int writers, byte[] position) {
        static State read(byte[] bytes, String topic) throws IOException {
            if (bytes.length == 0) {
                return new State(topic, -1, -1, 0, new byte[0]);
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            int version = in.readInt();
            check(version == VERSION, "version of what is in the cursor topic", version, String.valueOf(VERSION));
            return new State(in.readUTF(), in.readInt(), in.readInt(), in.readInt(), in.readAllBytes());
        }

        byte[] toBytes() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(VERSION);
            out.writeUTF(topic);
            out.writeInt(claimed);
            out.writeInt(begun);
            out.writeInt(writers);
            out.write(position);
            return bytes.toByteArray();
        }
    }

    private String driver() {
        return job + "/driver";
    }

    private String writer(int attempt, int replica) {
        return job + "/" + attempt + "/" + replica;
    }

    private List<String> writers(State state) {
        return IntStream.range(0, state.writers())
                .mapToObj(replica -> writer(state.begun(), replica))
                .toList();
    }

    private State state() throws IOException {
        byte[] kept = cursor.positions(driver()).getOrDefault(driver(), new byte[0]);
        State state = State.read(kept, sink.topic());
        check(
                state.topic().equals(sink.topic()),
                "topic of job " + job,
                sink.topic(),
                state.topic() + ", which the job of that name writes to, or another name");
        return state;
    }

    private InfrastructureException takenOver(int attempt) {
        return new InfrastructureException(sink + " was taken over by another job of the name " + job
                + (attempt < 0 ? "" : ", after attempt " + attempt + " of this one") + " (expected: one at a time)");
    }

    /** See {@link ResumableSink#takeOver}. */
    ResumableSink.Taken takeOver(int last) throws IOException {
        cursor.create();
        State state = claim(last);
        List<byte[]> positions = new ArrayList<>();
        if (state.begun() >= 0) {
            cursor.fence(writers(state));
            positions.add(state.position());
            Map<String, byte[]> committed = cursor.positions(job + "/" + state.begun() + "/");
            writers(state).stream()
                    .filter(committed::containsKey)
                    .map(committed::get)
                    .forEach(positions::add);
        }
        return new ResumableSink.Taken(state.claimed() + 1, positions);
    }

    /** Claims the next attempt, and returns what was before. */
    private State claim(int last) throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return tryToClaim(last);
            } catch (InfrastructureException e) {
                // The driver whose writers were fenced here may be quicker to claim another attempt; but it waits
                // before
                // it claims one more.
                if (last >= 0 || tries == CLAIMS || !KafkaErrors.isFenced(e.getCause())) {
                    throw e;
                }
            }
        }
    }

    private State tryToClaim(int last) throws IOException {
        try (TransactionalWriter<T> claiming = new TransactionalWriter<>(sink, driver(), cursor)) {
            // What was killed in the middle of a commit would keep the state from being read until its transaction
            // times out.
            cursor.fenceAll(last < 0 ? job + "/" : job + "/" + last + "/", driver());
            State state = state();
            if (last >= 0 && state.claimed() != last) {
                throw takenOver(last);
            }
            claiming.commit(
                    new State(sink.topic(), state.claimed() + 1, state.begun(), state.writers(), state.position())
                            .toBytes());
            return state;
        }
    }

    /** See {@link ResumableSink#begin}. */
    void begin(int attempt, int writers, byte[] position) throws IOException {
        try (TransactionalWriter<T> beginning = new TransactionalWriter<>(sink, driver(), cursor)) {
            State state = state();
            if (state.claimed() != attempt) {
                throw takenOver(attempt);
            }
            Map<String, byte[]> before = cursor.positions(job + "/");
            before.remove(driver());
            beginning.commit(new State(sink.topic(), attempt, attempt, writers, position).toBytes(), before);
        }
    }

    /** Opens the writer of a replica. */
    TransactionalWriter<T> open(int replica, int attempt) throws IOException {
        TransactionalWriter<T> writer = new TransactionalWriter<>(sink, writer(attempt, replica), cursor);
        try {
            // In this order: whoever claims an attempt after this fences the writer.
            State state = state();
            if (state.claimed() != attempt || state.begun() != attempt) {
                throw takenOver(attempt);
            }
            return writer;
        } catch (IOException | RuntimeException e) {
            writer.close();
            throw e;
        }
    }
}
