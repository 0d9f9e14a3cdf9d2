package io.ghee.testing;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Two real sockets with a proxy between them. */
record Wire(Socket dialer, Socket listener) implements AutoCloseable {
    /** Long enough for anything that comes, on any machine. */
    private static final int SOON_MILLIS = 20_000;
    /** For what does not come: a short one makes a test less sharp, but never wrong. */
    private static final int NEVER_MILLIS = 100;

    static ServerSocket listen() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        server.setSoTimeout(SOON_MILLIS);
        return server;
    }

    static String endpoint(ServerSocket server) {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    static Socket dial(String endpoint) throws IOException {
        URI uri = URI.create(endpoint);
        Socket socket = new Socket(uri.getHost(), uri.getPort());
        socket.setSoTimeout(SOON_MILLIS);
        return socket;
    }

    static Wire through(TcpProxy proxy, ServerSocket server) throws IOException {
        Socket dialer = dial(proxy.route(endpoint(server)));
        Socket listener = server.accept();
        listener.setSoTimeout(SOON_MILLIS);
        return new Wire(dialer, listener);
    }

    static void send(Socket from, String text) throws IOException {
        from.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** So many characters, which must come. */
    static String receive(Socket at, int length) throws IOException {
        byte[] bytes = at.getInputStream().readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException(bytes.length + " bytes (expected: " + length + ")");
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** True if nothing comes for a while. */
    static boolean isSilent(Socket at) throws IOException {
        at.setSoTimeout(NEVER_MILLIS);
        try {
            at.getInputStream().read();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            at.setSoTimeout(SOON_MILLIS);
        }
    }

    /** Sends there and back. */
    boolean isSound() throws IOException {
        send(dialer, "ping");
        boolean there = receive(listener, 4).equals("ping");
        send(listener, "pong");
        return there && receive(dialer, 4).equals("pong");
    }

    @Override
    public void close() throws IOException {
        dialer.close();
        listener.close();
    }
}
