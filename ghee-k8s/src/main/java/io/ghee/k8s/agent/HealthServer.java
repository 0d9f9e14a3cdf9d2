package io.ghee.k8s.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ghee.agent.Pulse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Answers the kubelet: {@value PodAgent#LIVE} while the agent turns its rounds, {@value PodAgent#READY} once the driver has let it in. Both
 * with 200 or 503 and a line that says why.
 */
final class HealthServer {
    /** Longer than a pause for garbage, shorter than the driver's patience. */
    private static final Duration STALE = Duration.ofSeconds(20);

    private final Pulse pulse;
    private final HttpServer server;

    private HealthServer(Pulse pulse, HttpServer server) {
        this.pulse = pulse;
        this.server = server;
    }

    /** Serves on a port, 0 for any free one, from a daemon thread. */
    static HealthServer start(Pulse pulse, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        HealthServer health = new HealthServer(pulse, server);
        server.createContext(PodAgent.LIVE, health::live);
        server.createContext(PodAgent.READY, health::ready);
        server.start();
        return health;
    }

    int port() {
        return server.getAddress().getPort();
    }

    private boolean isLive() {
        return pulse.age().compareTo(STALE) < 0;
    }

    private void live(HttpExchange exchange) throws IOException {
        answer(exchange, isLive(), "the agent was heard of " + pulse.age().toMillis() + " ms ago");
    }

    private void ready(HttpExchange exchange) throws IOException {
        answer(
                exchange,
                pulse.isReady() && isLive(),
                pulse.isReady() ? "the driver has let the worker in" : "the driver has not let the worker in yet");
    }

    private static void answer(HttpExchange exchange, boolean yes, String why) throws IOException {
        byte[] body = (why + "\n").getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(yes ? 200 : 503, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
