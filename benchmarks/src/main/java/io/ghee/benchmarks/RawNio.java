package io.ghee.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Messages behind their lengths on one blocking socket, out of one direct buffer into another: what this machine can do at
 * most. Short messages are copied together for a system call; of long ones not even a copy is made.
 */
final class RawNio implements Carrier {
    private static final int BUFFER = 1 << 18;

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public End sender(Load load) {
        return new End() {
            @Override
            public String endpoint() {
                return "-";
            }

            @Override
            public void run(String peer, Meter meter) throws IOException {
                InetSocketAddress address =
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(peer));
                try (SocketChannel channel = SocketChannel.open(address)) {
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    send(channel, load.size(), meter);
                }
            }
        };
    }

    private static void send(SocketChannel channel, int size, Meter meter) throws IOException {
        int whole = Integer.BYTES + size;
        int together = Math.max(1, BUFFER / whole);
        ByteBuffer message = buffer(whole).putInt(size).put(Numbered.template(size));
        ByteBuffer out = buffer(together * whole);
        for (int k = 0; k < together; k++) {
            out.put(message.rewind());
        }
        for (long number = 0; ; number += together) {
            for (int k = 0; k < together; k++) {
                if (together > 1) {
                    out.put(k * whole, message, 0, whole);
                }
                Numbered.number(out, k * whole + Integer.BYTES, size, number + k);
            }
            out.clear();
            while (out.hasRemaining()) {
                channel.write(out);
            }
            meter.add(together);
        }
    }

    @Override
    public End receiver(Load load) throws IOException {
        ServerSocketChannel server =
                ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        return new End() {
            @Override
            public String endpoint() {
                return Integer.toString(port);
            }

            @Override
            public void run(String peer, Meter meter) throws IOException {
                try (SocketChannel channel = server.accept()) {
                    receive(channel, Math.max(BUFFER, Integer.BYTES + load.size()), meter);
                }
            }
        };
    }

    private static void receive(SocketChannel channel, int capacity, Meter meter) throws IOException {
        ByteBuffer in = buffer(capacity);
        long number = 0;
        while (true) {
            if (channel.read(in) < 0) {
                throw new EOFException("the sender has ended");
            }
            int at = 0;
            int messages = 0;
            while (in.position() - at >= Integer.BYTES) {
                int size = in.getInt(at);
                if (in.position() - at < Integer.BYTES + size) {
                    break;
                }
                Numbered.check(in, at + Integer.BYTES, size, number++);
                at += Integer.BYTES + size;
                messages++;
            }
            if (at > 0) {
                in.limit(in.position()).position(at).compact();
            }
            meter.add(messages);
        }
    }
}
