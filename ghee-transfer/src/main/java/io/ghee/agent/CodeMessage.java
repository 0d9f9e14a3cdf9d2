package io.ghee.agent;

import io.ghee.InfrastructureException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What driver and workers say to each other of the job's code, before a worker has it. So it is written by hand, and not by
 * Kryo as {@link ControlMessage}, which needs the same classes at both ends; and begins as none of those does.
 */
sealed interface CodeMessage {
    /** The first bytes: as a class number of Kryo it would be beyond all. */
    private static byte[] mark() {
        return new byte[] {-1, -1, -1, -1, -1, 'c', 'o', 'd', 'e'};
    }

    /** A worker asks what is on the driver's class path, and says what it runs on itself. */
    record Asked(String stage, int replica, int life, int protocol, int jdk) implements CodeMessage {}

    /** It is this. */
    record Told(ClassPathDigest classPath) implements CodeMessage {}

    /** The driver will not have the worker. */
    record Refused(String reason) implements CodeMessage {}

    /** A worker asks for a part of an entry of the class path. */
    record Wanted(int entry, long from) implements CodeMessage {}

    /**
     * The part.
     *
     * @param total how long the entry is
     */
    record Part(int entry, long from, long total, byte[] bytes) implements CodeMessage {}

    static boolean isOne(byte[] body) {
        byte[] mark = mark();
        return body.length > mark.length && Arrays.equals(body, 0, mark.length, mark, 0, mark.length);
    }

    static byte[] write(CodeMessage message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(mark());
            if (message instanceof Asked asked) {
                out.writeByte('a');
                out.writeUTF(asked.stage());
                out.writeInt(asked.replica());
                out.writeInt(asked.life());
                out.writeInt(asked.protocol());
                out.writeInt(asked.jdk());
            } else if (message instanceof Told told) {
                out.writeByte('t');
                out.writeInt(told.classPath().entries().size());
                for (ClassPathDigest.Entry entry : told.classPath().entries()) {
                    out.writeUTF(entry.name());
                    out.writeUTF(entry.sha256());
                }
            } else if (message instanceof Refused refused) {
                out.writeByte('r');
                out.writeUTF(refused.reason());
            } else if (message instanceof Wanted wanted) {
                out.writeByte('w');
                out.writeInt(wanted.entry());
                out.writeLong(wanted.from());
            } else if (message instanceof Part part) {
                out.writeByte('p');
                out.writeInt(part.entry());
                out.writeLong(part.from());
                out.writeLong(part.total());
                out.write(part.bytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("into memory", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads a message.
     *
     * @throws InfrastructureException if it is none
     */
    static CodeMessage read(byte[] body) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(body))) {
            in.skipNBytes(mark().length);
            return switch (in.readByte()) {
                case 'a' -> new Asked(in.readUTF(), in.readInt(), in.readInt(), in.readInt(), in.readInt());
                case 't' -> new Told(readEntries(in));
                case 'r' -> new Refused(in.readUTF());
                case 'w' -> new Wanted(in.readInt(), in.readLong());
                case 'p' -> new Part(in.readInt(), in.readLong(), in.readLong(), in.readAllBytes());
                default -> throw new IOException("of no known kind");
            };
        } catch (IOException e) {
            throw new InfrastructureException(
                    "a message about the job's code, of " + body.length + " bytes, cannot be read: " + e.getMessage(),
                    e);
        }
    }

    private static ClassPathDigest readEntries(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<ClassPathDigest.Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new ClassPathDigest.Entry(in.readUTF(), in.readUTF()));
        }
        return new ClassPathDigest(entries);
    }
}
