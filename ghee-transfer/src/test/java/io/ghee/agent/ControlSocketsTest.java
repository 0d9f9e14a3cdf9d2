package io.ghee.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Zmq;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** Who gets through to the driver, and who does not: on real sockets, with peers of all kinds. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ControlSocketsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int GREETING = 64;
    private static final int HELLO = 202;

    private final JobKeys keys = JobKeys.create();
    private final ZContext context = Zmq.context();
    private final Echo driver = new Echo(keys, Duration.ofSeconds(30));

    /** A driver that answers each message with itself, and notes it. */
    private static final class Echo implements AutoCloseable {
        private final DriverSocket socket;
        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final Thread thread;
        private volatile boolean ending;

        Echo(JobKeys keys, Duration admission) {
            socket = DriverSocket.bind(keys, "127.0.0.1", admission);
            thread = new Thread(this::run, "echo");
            thread.start();
        }

        private void run() {
            try (socket) {
                while (!ending) {
                    DriverSocket.Received received = socket.receive(Duration.ofMillis(20));
                    if (received != null) {
                        heard.add(new String(received.body(), UTF_8));
                        socket.send(received.peer(), received.body());
                    }
                }
            }
        }

        int port() {
            String endpoint = socket.endpoint();
            return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
        }

        @Override
        public void close() throws InterruptedException {
            ending = true;
            thread.join(SOON.toMillis());
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        context.close();
        driver.close();
    }

    private WorkerSocket worker(WorkerKeys of, Duration timeout) throws InterruptedException {
        return WorkerSocket.connect(context, of, driver.socket.endpoint(), timeout);
    }

    /** A worker that is let in by a driver that is so impatient that on a busy machine not every attempt is quick enough. */
    private WorkerSocket letIn(Echo impatient) throws InterruptedException {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                return WorkerSocket.connect(context, keys.workers(), impatient.socket.endpoint(), SOON);
            } catch (InfrastructureException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    private static String ask(WorkerSocket worker, String question) {
        worker.send(question.getBytes(UTF_8));
        byte[] answer = worker.receive(SOON);
        return answer == null ? "none" : new String(answer, UTF_8);
    }

    /** The worker gets its answers, whatever else happens. */
    private void assertServes(WorkerSocket worker) throws InterruptedException {
        assertThat(ask(worker, "still there?")).isEqualTo("still there?");
        try (WorkerSocket another = worker(keys.workers(), SOON)) {
            assertThat(ask(another, "another?")).isEqualTo("another?");
        }
    }

    /** The keys of one job, with the driver's public key of another. */
    private static WorkerKeys mixed(WorkerKeys of, WorkerKeys server) {
        byte[] bytes = Base64.getUrlDecoder().decode(of.encoded());
        System.arraycopy(Base64.getUrlDecoder().decode(server.encoded()), 1, bytes, 1, WorkerKeys.KEY_BYTES);
        return WorkerKeys.parse(Base64.getUrlEncoder().encodeToString(bytes));
    }

    @Test
    void workersOfTheJobGetThrough() throws Exception {
        List<WorkerSocket> workers = new ArrayList<>();
        for (int k = 0; k < 20; k++) {
            workers.add(worker(keys.workers(), SOON));
        }
        for (int round = 0; round < 3; round++) {
            for (int k = 0; k < workers.size(); k++) {
                assertThat(ask(workers.get(k), "worker " + k)).isEqualTo("worker " + k);
            }
        }
        assertThat(driver.heard).hasSize(60);
        workers.forEach(WorkerSocket::close);
    }

    @Test
    void messagesOfAnyLengthGetThrough() throws Exception {
        try (WorkerSocket worker = worker(keys.workers(), SOON)) {
            for (int length : new int[] {1, 2, 254, 255, 256, 8191, 8192, 8193, 1 << 20, 5_000_001}) {
                byte[] message = new byte[length];
                new SplittableRandom(length).nextBytes(message);
                worker.send(message);
                assertThat(worker.receive(SOON)).isEqualTo(message);
            }
        }
    }

    @Test
    void noMessageIsNull() throws Exception {
        try (WorkerSocket worker = worker(keys.workers(), SOON)) {
            assertThat(worker.receive(Duration.ofMillis(50))).isNull();
            assertThat(worker.receive(Duration.ZERO)).isNull();
        }
    }

    @Test
    void aWorkerOfAnotherJobIsRefusedAndToldSo() throws Exception {
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            WorkerKeys other = mixed(JobKeys.create().workers(), keys.workers());

            assertThatThrownBy(() -> worker(other, SOON))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageStartingWith("no connection to the driver at " + driver.socket.endpoint())
                    // JeroMQ does not always get to tell why before it closes the connection.
                    .hasMessageMatching(".*(the driver does not know the worker's key|it hung up on the handshake).*");

            await().atMost(SOON).until(() -> driver.socket.refusals() == 1);
            assertServes(good);
        }
    }

    @Test
    void aDriverOfAnotherJobIsNotAccepted() throws Exception {
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            WorkerKeys other = mixed(keys.workers(), JobKeys.create().workers());

            assertThatThrownBy(() -> worker(other, SOON))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("it hung up on the handshake (expected: a driver with the key that this");

            await().atMost(SOON).until(() -> driver.socket.refusals() == 1);
            assertServes(good);
        }
    }

    @Test
    void aPeerWithoutCurveIsNotHeard() throws Exception {
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            for (SocketType type : new SocketType[] {SocketType.DEALER, SocketType.REQ, SocketType.ROUTER}) {
                ZMQ.Socket plain = Zmq.socket(context, type);
                plain.setLinger(0);
                plain.connect(driver.socket.endpoint());
                plain.send("let me in", ZMQ.DONTWAIT);
            }
            ZMQ.Socket password = Zmq.socket(context, SocketType.DEALER);
            password.setLinger(0);
            password.setPlainUsername("worker");
            password.setPlainPassword("worker");
            password.connect(driver.socket.endpoint());
            password.send("let me in", ZMQ.DONTWAIT);

            await().atMost(SOON).until(() -> driver.socket.refusals() >= 4);
            assertServes(good);
            assertThat(driver.heard).doesNotContain("let me in");
        }
    }

    @Test
    void aPeerThatSpeaksNoCurveIsNoDriver() throws Exception {
        ZMQ.Socket plain = Zmq.socket(context, SocketType.ROUTER);
        int port = plain.bindToRandomPort("tcp://127.0.0.1");

        assertThatThrownBy(() -> WorkerSocket.connect(context, keys.workers(), "tcp://127.0.0.1:" + port, SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("expected: a ZeroMQ socket that speaks CURVE");
    }

    @Test
    void aPeerThatIsNoZeroMqIsNoDriver() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread web = new Thread(() -> {
                while (true) {
                    try (Socket client = server.accept()) {
                        client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            web.start();

            assertThatThrownBy(() -> WorkerSocket.connect(
                            context, keys.workers(), "tcp://127.0.0.1:" + server.getLocalPort(), Duration.ofSeconds(3)))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("it hung up");
        }
    }

    @Test
    void nobodyThereIsAnErrorAfterTheTimeout() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0)) {
            port = server.getLocalPort();
        }
        assertThatThrownBy(() -> WorkerSocket.connect(
                        context, keys.workers(), "tcp://127.0.0.1:" + port, Duration.ofMillis(300)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("none within 300 ms");
    }

    @Test
    void messagesOfSeveralPartsAreDroppedAndTheNextOneIsRead() throws Exception {
        ZMQ.Socket raw = Zmq.socket(context, SocketType.DEALER);
        raw.setLinger(0);
        raw.setReceiveTimeOut((int) SOON.toMillis());
        keys.workers().applyTo(raw);
        raw.connect(driver.socket.endpoint());
        for (int parts = 2; parts < 6; parts++) {
            for (int part = 1; part < parts; part++) {
                raw.sendMore("part");
            }
            raw.send("end of " + parts);
        }
        raw.send("whole");

        assertThat(raw.recvStr()).isEqualTo("whole");
        assertThat(driver.heard).containsExactly("whole");
    }

    /** A connection of which a test plays every byte. */
    private static Socket raw(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout((int) SOON.toMillis());
        return socket;
    }

    /** Sends bytes and hangs up; that the driver hangs up first is fine. */
    private void sendRaw(byte[] bytes) throws IOException {
        try (Socket socket = raw(driver.port())) {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            while (in.read(new byte[1024]) >= 0) {}
        } catch (SocketException e) {
            // Reset by the driver.
        }
    }

    private static byte[] greeting(String mechanism) {
        byte[] greeting = new byte[GREETING];
        greeting[0] = (byte) 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = 3;
        System.arraycopy(mechanism.getBytes(UTF_8), 0, greeting, 12, mechanism.length());
        return greeting;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @Test
    void noiseIsRefused() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            for (int k = 0; k < 1000; k++) {
                byte[] noise = new byte[random.nextInt(300)];
                random.nextBytes(noise);
                sendRaw(k % 2 == 0 ? noise : concat(greeting("CURVE"), noise));
            }
            for (String mechanism : new String[] {"NULL", "PLAIN", "GSSAPI", "", "CURVES"}) {
                sendRaw(concat(greeting(mechanism), new byte[300]));
            }
            assertServes(good);
            assertThat(driver.heard).containsExactly("still there?", "another?");
        }
    }

    @Test
    void aHostileLengthCostsTheDriverNothing() throws Exception {
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            for (long length : new long[] {
                0x80000000_7FFFFFF0L, -1, Long.MIN_VALUE, 0xFFFFFFFF_80000000L, Integer.MAX_VALUE, Long.MAX_VALUE
            }) {
                for (int flags = 0; flags < 8; flags++) {
                    ByteBuffer frame = ByteBuffer.allocate(200);
                    frame.put((byte) flags).putLong(length);
                    sendRaw(concat(greeting("CURVE"), frame.array()));
                }
            }
            assertServes(good);
        }
    }

    /** Passes bytes on between a worker and the driver, and spoils what the worker says. */
    private final class Meddler implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private final Thread thread = new Thread(this::run, "meddler");
        /** Which byte is changed, and how; none if negative. */
        private volatile int at = -1;

        private volatile int flip;
        /** After how many bytes it hangs up. */
        private volatile int cut = Integer.MAX_VALUE;
        /** Whether what follows the hello becomes longer than it may be. */
        private volatile boolean swell;

        private final int port;

        Meddler() throws IOException {
            this(driver);
        }

        Meddler(Echo to) throws IOException {
            port = to.port();
            thread.start();
        }

        String endpoint() {
            return "tcp://127.0.0.1:" + server.getLocalPort();
        }

        private void run() {
            while (true) {
                try (Socket worker = server.accept();
                        Socket toDriver = raw(port)) {
                    Thread back = new Thread(() -> {
                        try {
                            toDriver.getInputStream().transferTo(worker.getOutputStream());
                            worker.close();
                        } catch (IOException e) {
                            // Whoever hung up.
                        }
                    });
                    back.start();
                    pass(worker.getInputStream(), toDriver.getOutputStream());
                    toDriver.close();
                    back.join();
                } catch (IOException e) {
                    if (server.isClosed()) {
                        return;
                    }
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private void pass(InputStream in, OutputStream out) throws IOException {
            byte[] buffer = new byte[4096];
            int passed = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                said.write(buffer, 0, read);
                if (at >= passed && at < passed + read) {
                    buffer[at - passed] ^= (byte) flip;
                }
                if (swell && passed >= GREETING + HELLO) {
                    // Flags, length, and of the command what fits: it passes until the box in it is opened.
                    ByteBuffer frame =
                            ByteBuffer.allocate(9 + 5000).put((byte) 6).putLong(5000);
                    out.write(frame.put(buffer, 2, read - 2).array());
                }
                out.write(buffer, 0, Math.min(read, cut - passed));
                out.flush();
                passed += read;
                if (passed >= cut) {
                    return;
                }
            }
        }

        @Override
        public void close() throws Exception {
            server.close();
            thread.interrupt();
            thread.join(SOON.toMillis());
        }
    }

    /** What a worker says until it has been let in: greeting, hello, initiate, knock. */
    private byte[] handshake() throws Exception {
        try (Meddler meddler = new Meddler();
                WorkerSocket worker = WorkerSocket.connect(context, keys.workers(), meddler.endpoint(), SOON)) {
            assertThat(ask(worker, "passed on")).isEqualTo("passed on");
            return meddler.said.toByteArray();
        }
    }

    @Test
    void aHandshakeThatIsPlayedAgainIsRefusedAsItIsAndCutAndChanged() throws Exception {
        byte[] recorded = handshake();
        SplittableRandom random = new SplittableRandom(2);
        try (WorkerSocket good = worker(keys.workers(), SOON)) {
            driver.heard.clear();
            sendRaw(recorded);
            for (int length = 0; length < Math.min(recorded.length, 600); length += 5) {
                sendRaw(Arrays.copyOf(recorded, length));
            }
            for (int k = 0; k < 1000; k++) {
                byte[] changed = recorded.clone();
                for (int n = random.nextInt(3); n >= 0; n--) {
                    // Mostly behind the greeting, and often where the frames begin.
                    int from = random.nextInt(4) == 0 ? 0 : GREETING;
                    int at = random.nextInt(3) == 0
                            ? (random.nextBoolean() ? GREETING : GREETING + HELLO) + random.nextInt(10)
                            : from + random.nextInt(changed.length - from);
                    changed[at] = (byte) random.nextInt();
                }
                sendRaw(changed);
            }
            assertServes(good);
            assertThat(driver.heard).containsExactly("still there?", "another?");
        }
    }

    @Test
    void aHandshakeThatIsMeddledWithOnTheWayIsRefused() throws Exception {
        int length = handshake().length;
        SplittableRandom random = new SplittableRandom(3);
        try (WorkerSocket good = worker(keys.workers(), SOON);
                Meddler meddler = new Meddler()) {
            driver.heard.clear();
            int refused = 0;
            for (int k = 0; k < 100; k++) {
                boolean cut = k % 4 == 0;
                meddler.cut = cut ? random.nextInt(length) : Integer.MAX_VALUE;
                meddler.at = cut ? -1 : random.nextInt(length);
                meddler.flip = 1 << random.nextInt(8);
                try (ZContext own = Zmq.context()) {
                    ZMQ.Socket worker = Zmq.socket(own, SocketType.DEALER);
                    worker.setLinger(0);
                    worker.setReconnectIVL(-1);
                    keys.workers().applyTo(worker);
                    worker.setReceiveTimeOut(100);
                    worker.connect(meddler.endpoint());
                    worker.send("");
                    refused += worker.recv() == null ? 1 : 0;
                }
            }
            assertServes(good);
            assertThat(refused).isGreaterThan(50);
            assertThat(driver.heard).containsExactly("still there?", "another?");
        }
    }

    @Test
    void aPeerThatSaysNothingIsShownOut() throws Exception {
        try (Echo impatient = new Echo(keys, Duration.ofMillis(300));
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), impatient.port());
                Socket greets = new Socket(InetAddress.getLoopbackAddress(), impatient.port());
                WorkerSocket good = letIn(impatient)) {
            greets.getOutputStream().write(greeting("CURVE"));
            for (Socket one : List.of(silent, greets)) {
                one.setSoTimeout((int) SOON.toMillis());
                InputStream in = one.getInputStream();
                while (in.read(new byte[100]) >= 0) {}
            }
            await().atMost(SOON).until(() -> impatient.socket.refusals() >= 2);
            assertThat(ask(good, "let in")).isEqualTo("let in");
        }
    }

    @Test
    void aPeerThatJeroMqStumblesOverIsShownOut() throws Exception {
        try (Echo impatient = new Echo(keys, Duration.ofMillis(200));
                WorkerSocket good = letIn(impatient);
                Meddler meddler = new Meddler(impatient)) {
            meddler.swell = true;
            long before = impatient.socket.refusals();

            assertThatThrownBy(() ->
                            WorkerSocket.connect(context, keys.workers(), meddler.endpoint(), Duration.ofSeconds(2)))
                    .isInstanceOf(InfrastructureException.class);

            await().atMost(SOON).until(() -> impatient.socket.refusals() > before);
            assertThat(ask(good, "unmoved")).isEqualTo("unmoved");
        }
    }

    @Test
    void aWorkerThatIsLetInMaySayNothingForLong() throws Exception {
        try (Echo impatient = new Echo(keys, Duration.ofMillis(200));
                WorkerSocket good = letIn(impatient);
                Socket greets = new Socket(InetAddress.getLoopbackAddress(), impatient.port())) {
            greets.getOutputStream().write(greeting("CURVE"));
            greets.setSoTimeout((int) SOON.toMillis());
            while (greets.getInputStream().read(new byte[100]) >= 0) {}

            assertThat(ask(good, "not shown out")).isEqualTo("not shown out");
        }
    }
}
