package io.ghee.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * JeroMQ as one would write it: a PUSH and a PULL socket, a new array for each message, as JeroMQ keeps what it is given, and
 * the defaults but for the high-water marks, which are what the budget allows. If {@code curve}, encrypted by CURVE.
 */
record PlainZmq(boolean curve) implements Carrier {
    private static final int MOST_MESSAGES = 100_000;

    private static int marks(Load load) {
        // Half of the budget on either side.
        return Math.min(MOST_MESSAGES, Math.max(2, load.window() / 2));
    }

    @Override
    public End sender(Load load) {
        ZMQ.Socket socket = new ZContext().createSocket(SocketType.PUSH);
        socket.setHWM(marks(load));
        return new End() {
            @Override
            public String endpoint() {
                return "-";
            }

            @Override
            public void run(String peer, Meter meter) {
                String[] address = peer.split(" ", -1);
                if (curve) {
                    ZMQ.Curve.KeyPair own = ZMQ.Curve.generateKeyPair();
                    socket.setCurveServerKey(ZMQ.Curve.z85Decode(address[1]));
                    socket.setCurvePublicKey(ZMQ.Curve.z85Decode(own.publicKey));
                    socket.setCurveSecretKey(ZMQ.Curve.z85Decode(own.secretKey));
                }
                socket.connect(address[0]);
                byte[] template = Numbered.template(load.size());
                for (long number = 0; ; number++) {
                    byte[] message = template.clone();
                    Numbered.number(ByteBuffer.wrap(message), 0, message.length, number);
                    if (!socket.send(message)) {
                        throw new IllegalStateException("a message was not taken");
                    }
                    meter.add(1);
                }
            }
        };
    }

    @Override
    public End receiver(Load load) {
        ZMQ.Socket socket = new ZContext().createSocket(SocketType.PULL);
        socket.setHWM(marks(load));
        String key = "";
        if (curve) {
            ZMQ.Curve.KeyPair own = ZMQ.Curve.generateKeyPair();
            socket.setCurveServer(true);
            socket.setCurvePublicKey(ZMQ.Curve.z85Decode(own.publicKey));
            socket.setCurveSecretKey(ZMQ.Curve.z85Decode(own.secretKey));
            key = " " + own.publicKey;
        }
        String endpoint = "tcp://127.0.0.1:" + socket.bindToRandomPort("tcp://127.0.0.1") + key;
        return new End() {
            @Override
            public String endpoint() {
                return endpoint;
            }

            @Override
            public void run(String peer, Meter meter) {
                for (long number = 0; ; number++) {
                    byte[] message = socket.recv();
                    Numbered.check(ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN), 0, message.length, number);
                    Numbered.check(message.length, load.size());
                    meter.add(1);
                }
            }
        };
    }
}
