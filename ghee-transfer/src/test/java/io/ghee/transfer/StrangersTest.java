package io.ghee.transfer;

import static io.ghee.transfer.Rig.EDGE;
import static io.ghee.transfer.Rig.GENERATION;
import static io.ghee.transfer.Rig.JOB;
import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.describe;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Route;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** Anyone may connect to a bound port, and say anything: it is dropped, and the good senders do not notice. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StrangersTest {
    private static final int TIMES = Integer.getInteger("ghee.fuzz", 3000);

    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    /** A live edge whose one sender sends until it is told to end. */
    private final class Live {
        final TransferManager there;
        final TransferManager here;
        final String inletEndpoint;
        final String outletEndpoint;
        final AtomicInteger arrived = new AtomicInteger();
        private final AtomicBoolean ends = new AtomicBoolean();
        private final Future<Integer> sending;
        private final Future<List<String>> receiving;

        Live(TransferConfig config) throws Exception {
            there = rig.manager(config);
            here = rig.manager(config);
            PendingOutlet sends = there.outlet(GENERATION, EDGE, 0, 1, DataSize.mebibytes(1));
            PendingInlet receives = here.inlet(GENERATION, EDGE, 0, 1);
            inletEndpoint = receives.endpoint();
            outletEndpoint = sends.endpoint();
            Outlet outlet = sends.connect(List.of(receives.endpoint()));
            Inlet inlet = receives.connect(List.of(sends.endpoint()));
            sending = rig.start(() -> {
                int number = 0;
                while (!ends.get()) {
                    send(outlet, 0, 1, 0, number++, 2000);
                }
                outlet.endStream();
                return number;
            });
            receiving = rig.start(() -> {
                List<String> got = new ArrayList<>();
                Delivery delivery = next(inlet, Delivery.class);
                while (delivery instanceof Delivery.Data data) {
                    got.add(describe(data));
                    arrived.incrementAndGet();
                    data.release().run();
                    delivery = next(inlet, Delivery.class);
                }
                inlet.close();
                return got;
            });
        }

        /** Waits until so many strangers' messages have been dropped. */
        void awaitDropped(TransferManager by, long count) {
            await().atMost(SOON).until(() -> {
                if (receiving.isDone()) {
                    within(receiving);
                }
                return by.strangers().count() >= count;
            });
        }

        /** Ends the stream, and checks that everything has arrived. */
        void end() throws Exception {
            ends.set(true);
            int sent = within(sending);
            List<String> got = within(receiving);
            assertThat(got).hasSize(sent);
            for (int number = 0; number < sent; number++) {
                assertThat(got.get(number)).isEqualTo("1:" + number);
            }
        }
    }

    private ZMQ.Socket connected(String endpoint) throws InterruptedException {
        ZContext context = rig.closing(Zmq.context());
        ZMQ.Socket socket = Zmq.socket(context, SocketType.PUSH);
        socket.setHWM(0);
        CountDownLatch greeted = new CountDownLatch(1);
        socket.setEventHook(event -> greeted.countDown(), ZMQ.EVENT_HANDSHAKE_PROTOCOL);
        socket.connect(endpoint);
        await().atMost(SOON).until(() -> {
            Zmq.nudge(context);
            return greeted.await(20, TimeUnit.MILLISECONDS);
        });
        return socket;
    }

    /** The first frames, or receipts, that one end sends to somebody who only listens. */
    private List<byte[]> frames(TransferConfig config, int count) throws Exception {
        TransferManager there = rig.manager(config);
        Transport transport = rig.closing(new ZmqTransport("127.0.0.1", new BufferPool()));
        Transport.Inbox listener = transport.bind(1 << 20);
        PendingOutlet pending = there.outlet(GENERATION, EDGE, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = pending.connect(List.of(listener.endpoint()));
        for (int number = 0; number < count / 2; number++) {
            send(outlet, 0, 1, 0, number, 100 * number);
            outlet.endEpoch(number, number % 2 == 0 ? null : Rig.batch(0, number, 5));
        }
        List<byte[]> frames = new ArrayList<>();
        while (frames.size() < count) {
            frames.add(bytes(listener.receive(10_000)));
        }
        outlet.abandon();
        outlet.close();
        return frames;
    }

    private List<byte[]> receipts(TransferConfig config, int count) throws Exception {
        TransferManager here = rig.manager(config);
        TransferManager there = rig.manager(config);
        Transport transport = rig.closing(new ZmqTransport("127.0.0.1", new BufferPool()));
        Transport.Inbox listener = transport.bind(1 << 20);
        PendingInlet receives = here.inlet(GENERATION, EDGE, 0, 1);
        PendingOutlet pending = there.outlet(GENERATION, EDGE, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = pending.connect(List.of(receives.endpoint()));
        Inlet inlet = receives.connect(List.of(listener.endpoint()));
        List<byte[]> receipts = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            send(outlet, 0, 1, 0, number, 10);
            Delivery.Data data = next(inlet, Delivery.Data.class);
            if (number % 3 != 1) {
                data.release().run();
            }
        }
        while (receipts.size() < count / 2) {
            receipts.add(bytes(listener.receive(10_000)));
        }
        for (AutoCloseable end : List.of(receives, pending)) {
            end.close();
        }
        return receipts;
    }

    private static byte[] bytes(Transport.Arrived arrived) {
        assertThat(arrived).isNotNull();
        byte[] bytes = new byte[arrived.message().limit()];
        arrived.message().get(0, bytes);
        return bytes;
    }

    /** Damages some bytes, or the length; never the sequence, as another might be the next one, and the frame a good one. */
    private static byte[] damaged(byte[] whole, SplittableRandom random) {
        byte[] bytes = whole.clone();
        for (int n = random.nextInt(4); n >= 0; n--) {
            int at = random.nextInt(random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length);
            if (at < 32 || at >= 40) {
                bytes[at] = (byte) random.nextInt();
            }
        }
        return switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(100));
            default -> bytes;
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damagedFramesAreDropped(boolean sealed) throws Exception {
        // A frame for each batch.
        TransferConfig plain = config().withFrameSize(DataSize.parse("1Ki"));
        TransferConfig config = sealed ? plain.withKey(Rig.key()) : plain;
        List<byte[]> frames = frames(config, 20);
        SplittableRandom random = new SplittableRandom(seed("damagedFramesAreDropped"));
        Live live = new Live(config);
        ZMQ.Socket stranger = connected(live.inletEndpoint);
        // The frames were sent before, under the same generation and key, which does not happen: they must not be the
        // next. What arrives is batches, of which some dozens are in a frame.
        await().atMost(SOON).until(() -> live.arrived.get() > 200 * frames.size());
        for (int k = 0; k < TIMES; k++) {
            assertThat(stranger.send(damaged(frames.get(random.nextInt(frames.size())), random)))
                    .isTrue();
        }
        live.awaitDropped(live.here, TIMES / 4);
        live.end();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damagedReceiptsAreDropped(boolean sealed) throws Exception {
        TransferConfig config = sealed ? config().withKey(Rig.key()) : config();
        List<byte[]> receipts = receipts(config, 20);
        SplittableRandom random = new SplittableRandom(seed("damagedReceiptsAreDropped"));
        Live live = new Live(config);
        ZMQ.Socket stranger = connected(live.outletEndpoint);
        for (int k = 0; k < TIMES; k++) {
            byte[] damaged = damaged(receipts.get(random.nextInt(receipts.size())), random);
            if (!sealed && damaged.length >= 64) {
                // What says what was released stays: without a seal there is nothing to know a lie by.
                Arrays.fill(damaged, 40, 56, (byte) 0);
                damaged = Arrays.copyOf(damaged, 64);
            }
            assertThat(stranger.send(damaged)).isTrue();
        }
        live.awaitDropped(live.there, TIMES / 10);
        live.end();
    }

    private static long seed(String test) {
        long seed = Long.getLong("ghee.seed", System.nanoTime());
        System.out.println(test + ": -Dghee.seed=" + seed);
        return seed;
    }

    @Test
    void framesOfOthersAreDropped() throws Exception {
        List<byte[]> frames = frames(config(), 2);
        Live live = new Live(config());
        ZMQ.Socket stranger = connected(live.inletEndpoint);
        byte[] frame = frames.get(0);
        // Of another job, generation, edge, sender, consumer; sealed; of another version; empty; nothing like it.
        for (int at : new int[] {8, 16, 20, 24, 28, 7, 4, 0}) {
            byte[] other = frame.clone();
            other[at] ^= 1;
            assertThat(stranger.send(other)).isTrue();
        }
        assertThat(stranger.send(new byte[0])).isTrue();
        assertThat(stranger.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)))
                .isTrue();
        assertThat(stranger.sendMore(frame)).isTrue();
        assertThat(stranger.send(new byte[100])).isTrue();

        live.awaitDropped(live.here, 11);
        live.end();
    }

    @Test
    void aStaleGenerationIsDropped() throws Exception {
        Live live = new Live(config());
        TransferManager stale = rig.manager(config());
        PendingOutlet pending = stale.outlet(GENERATION - 1, EDGE, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = pending.connect(List.of(live.inletEndpoint));
        for (int number = 0; number < 10; number++) {
            send(outlet, 0, 1, 0, number, 10_000);
        }

        live.awaitDropped(live.here, 1);
        live.end();
        assertThat(outlet.outstanding()).isEqualTo(10);
    }

    @Test
    void framesUnderAnotherKeyAreDropped() throws Exception {
        Live live = new Live(config().withKey(Rig.key()));
        byte[] other = Rig.key();
        other[31] ^= 1;
        TransferManager stranger = rig.manager(config().withKey(other));
        PendingOutlet pending = stranger.outlet(GENERATION, EDGE, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = pending.connect(List.of(live.inletEndpoint));
        send(outlet, 0, 1, 0, 0, 10_000);

        live.awaitDropped(live.here, 1);
        live.end();
        assertThat(outlet.outstanding()).isEqualTo(1);
    }

    @Test
    void whatIsNotSealedIsDroppedWhereThereIsAKey() throws Exception {
        Live live = new Live(config().withKey(Rig.key()));
        TransferManager stranger = rig.manager(config());
        PendingOutlet pending = stranger.outlet(GENERATION, EDGE, 0, 1, DataSize.mebibytes(1));
        send(pending.connect(List.of(live.inletEndpoint)), 0, 1, 0, 0, 10_000);

        live.awaitDropped(live.here, 1);
        live.end();
    }

    /** Garbage below the level of messages. */
    @Test
    void whatIsNoZeroMqEndsItsOwnConnectionAlone() throws Exception {
        SplittableRandom random = new SplittableRandom(seed("whatIsNoZeroMqEndsItsOwnConnectionAlone"));
        Live live = new Live(config());
        List<Socket> open = new ArrayList<>();
        for (int k = 0; k < TIMES / 10; k++) {
            String target = random.nextInt(3) == 0 ? live.outletEndpoint : live.inletEndpoint;
            Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(target.replaceAll(".*:", "")));
            try {
                OutputStream out = socket.getOutputStream();
                out.write(garbage(random));
                out.flush();
            } catch (IOException e) {
                // It was thrown out in the middle.
            }
            if (random.nextBoolean()) {
                socket.setSoLinger(random.nextBoolean(), 0);
                socket.close();
            } else {
                open.add(socket);
            }
            if (open.size() > 100) {
                open.remove(0).close();
            }
        }
        live.end();
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** Bytes that get the further into the handshake the more they resemble it. */
    private static byte[] garbage(SplittableRandom random) {
        ByteBuffer out = ByteBuffer.allocate(4096);
        int like = random.nextInt(6);
        if (like >= 1) {
            // The signature.
            out.put((byte) 0xFF).putLong(1).put((byte) 0x7F);
        }
        if (like >= 2) {
            // Version 3, or an old one, or none that there is.
            out.put((byte) (random.nextInt(3) > 0 ? 3 : random.nextInt(256)));
        }
        if (like >= 3) {
            out.put((byte) 0).put("NULL".getBytes(StandardCharsets.US_ASCII)).put(new byte[16 + 1 + 31]);
        }
        if (like >= 4) {
            byte[] ready = "\5READY\13Socket-Type\0\0\0\4PUSH".getBytes(StandardCharsets.ISO_8859_1);
            if (random.nextInt(4) == 0) {
                ready[random.nextInt(ready.length)] = (byte) random.nextInt();
            }
            out.put((byte) 4).put((byte) ready.length).put(ready);
        }
        if (like >= 5) {
            // Messages and commands, of lengths true and untrue.
            for (int n = random.nextInt(4); n >= 0; n--) {
                int flags = random.nextInt(8);
                int length = random.nextInt(200);
                out.put((byte) flags);
                if ((flags & 2) != 0) {
                    out.putLong(random.nextInt(3) > 0 ? length : random.nextLong() >>> random.nextInt(64));
                } else {
                    out.put((byte) length);
                }
                byte[] body = new byte[length];
                random.nextBytes(body);
                out.put(body);
            }
        }
        byte[] rest = new byte[random.nextInt(like == 0 ? 1000 : 30)];
        random.nextBytes(rest);
        out.put(rest);
        return Arrays.copyOf(out.array(), out.position());
    }

    /** As long as the largest frame is, and one byte more. */
    @Test
    void aMessageLongerThanTheLargestFrameIsNotReceived() throws Exception {
        TransferConfig config = config().withFrameSize(DataSize.parse("64Ki")).withLargestFrame(DataSize.mebibytes(1));
        Live live = new Live(config);
        ZMQ.Socket stranger = connected(live.inletEndpoint);
        byte[] longest = new byte[64 + (1 << 20) + 16];
        ByteBuffer.wrap(longest).order(ByteOrder.LITTLE_ENDIAN).putLong(8, JOB);
        assertThat(stranger.send(longest)).isTrue();
        live.awaitDropped(live.here, 1);

        assertThat(stranger.send(new byte[longest.length + 1])).isTrue();
        ZMQ.Socket another = connected(live.inletEndpoint);
        assertThat(another.send(longest)).isTrue();
        live.awaitDropped(live.here, 2);
        live.end();
    }

    /** The beginning of a message of so many bytes, at a socket that has shaken hands. */
    private Socket announces(String endpoint, long bytes) throws IOException {
        Socket socket = rig.closing(
                new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(endpoint.replaceAll(".*:", ""))));
        ByteBuffer out = ByteBuffer.allocate(200);
        out.put((byte) 0xFF).putLong(1).put((byte) 0x7F).put((byte) 3);
        out.put((byte) 0).put("NULL".getBytes(StandardCharsets.US_ASCII)).put(new byte[16 + 1 + 31]);
        byte[] ready = "\5READY\13Socket-Type\0\0\0\4PUSH".getBytes(StandardCharsets.ISO_8859_1);
        out.put((byte) 4).put((byte) ready.length).put(ready);
        out.put((byte) 2).putLong(bytes);
        socket.getOutputStream().write(out.array(), 0, out.position());
        return socket;
    }

    private static TransferConfig roomy() {
        DataSize largest = DataSize.mebibytes(1024);
        assumeTrue(
                maxDirectMemory() < largest.bytes() * 3 / 4,
                "the tests run with less direct memory than the largest frame takes");
        return config().withLargestFrame(largest);
    }

    private static long maxDirectMemory() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-XX:MaxDirectMemorySize="))
                .map(argument -> argument.replaceAll(".*=", "").replaceAll("(?i)m$", "Mi"))
                .mapToLong(size -> DataSize.parse(size).bytes())
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    @Test
    void aMessageThatThereIsNoMemoryForEndsItsConnectionAlone() throws Exception {
        Live live = new Live(roomy());
        for (int k = 0; k < 5; k++) {
            announces(live.inletEndpoint, 1L << 30);
            // JeroMQ takes it for a negative one.
            announces(live.inletEndpoint, -1L << 31);
            announces(live.outletEndpoint, 1L << 30);
            announces(live.outletEndpoint, Long.MIN_VALUE + (1 << 30));
        }
        live.end();
    }

    /** Without a word it would be sent again and again. */
    @Test
    void aFrameThatThereIsNoMemoryForIsAFailure() throws Exception {
        TransferManager here = rig.manager(roomy());
        Transport transport = rig.closing(new ZmqTransport("127.0.0.1", new BufferPool()));
        Transport.Inbox receipts = transport.bind(1 << 20);
        PendingInlet pending = here.inlet(GENERATION, EDGE, 0, 1);
        Inlet inlet = pending.connect(List.of(receipts.endpoint()));
        int body = (1 << 30) - 100;
        announces(pending.endpoint(), FrameHeader.BYTES + body);

        ByteBuffer probe = ByteBuffer.allocate(FrameHeader.BYTES);
        new FrameHeader(
                        FrameHeader.Kind.PROBE,
                        false,
                        Packing.NONE,
                        new Route(JOB, GENERATION, EDGE, 0, 0),
                        1,
                        0,
                        0,
                        0,
                        body,
                        0)
                .writeTo(probe);
        ZMQ.Socket sender = connected(pending.endpoint());
        assertThatThrownBy(() -> {
                    for (int k = 0; k < 200; k++) {
                        assertThat(sender.send(probe.array())).isTrue();
                        inlet.receive(Rig.LITTLE);
                    }
                })
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("a batch of " + (body + FrameHeader.BYTES) + " bytes cannot be received: ")
                .hasMessageContaining("(expected: more memory for this stage, or smaller batches)");
        pending.close();
    }
}
