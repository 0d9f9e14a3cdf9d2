package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A proxy on loopback between peers that connect over TCP and those they connect to. It knows nothing of what it carries,
 * so what it breaks breaks in the middle of frames.
 *
 * <p>It is itself the function from an endpoint to the one to connect to instead. A method that does something to
 * connections does so to those of all its {@link #links}; delay, throttle and half-open also hold for links that are made
 * later. Thread-safe; whoever opens it closes it, and that closes all connections.
 */
public final class TcpProxy implements UnaryOperator<String>, AutoCloseable {
    private static final Pattern ENDPOINT = Pattern.compile("tcp://(\\[[0-9a-fA-F:.%a-z]+]|[^:/\\[\\]]+):(\\d{1,5})");

    /** What all links of a proxy count together. */
    static final class Counters {
        final LongAdder connections = new LongAdder();
        final LongAdder bytes = new LongAdder();
        final LongAdder resets = new LongAdder();
    }

    private final Counters counters = new Counters();
    private final Impairment initial = new Impairment();
    private final Map<String, Link> links = new LinkedHashMap<>();
    private boolean closed;

    private TcpProxy() {}

    /** A proxy without links. */
    public static TcpProxy open() {
        return new TcpProxy();
    }

    /**
     * The endpoint to connect to instead of {@code endpoint}; the same one whenever it is asked for.
     *
     * @param endpoint {@code tcp://host:port}; nothing has to listen there yet
     * @throws io.ghee.ConfigurationException if it is not of that form
     * @throws io.ghee.InfrastructureException if no port can be had
     */
    public synchronized String route(String endpoint) {
        check(!closed, "proxy for", endpoint, "an open proxy");
        return links.computeIfAbsent(endpoint, this::link).address();
    }

    /** As {@link #route}. */
    @Override
    public String apply(String endpoint) {
        return route(endpoint);
    }

    private Link link(String endpoint) {
        Matcher parts = ENDPOINT.matcher(endpoint);
        check(parts.matches(), "endpoint", '"' + endpoint + '"', "tcp://host:port");
        String host = parts.group(1).replaceAll("[\\[\\]]", "");
        int port = Integer.parseInt(parts.group(2));
        check(port >= 1 && port <= 65535, "port", port, "1 to 65535");
        return Link.open(endpoint, InetSocketAddress.createUnresolved(host, port), initial, counters);
    }

    /** The links there are, in the order in which they were asked for. */
    public synchronized List<Link> links() {
        return List.copyOf(links.values());
    }

    /** Resets every connection; returns how many there were. */
    public int resetAll() {
        return links().stream().mapToInt(Link::resetAll).sum();
    }

    /** Resets one of the connections; false if there is none. */
    public boolean resetOne(Random random) {
        List<ProxiedConnection> open = new ArrayList<>();
        links().forEach(link -> open.addAll(link.open()));
        return !open.isEmpty() && open.get(random.nextInt(open.size())).reset();
    }

    /** See {@link Link#resetAfter}. */
    public void resetAfter(long bytes) {
        links().forEach(link -> link.resetAfter(bytes));
    }

    /** See {@link Link#delay}. */
    public void delay(Duration by) {
        initial.delay(by);
        links().forEach(link -> link.delay(by));
    }

    /** See {@link Link#throttle}. */
    public void throttle(long bytesPerSecond) {
        initial.throttle(bytesPerSecond);
        links().forEach(link -> link.throttle(bytesPerSecond));
    }

    /** See {@link Link#halfOpen}. */
    public void halfOpen(Direction direction) {
        initial.swallow(direction);
        links().forEach(link -> link.halfOpen(direction));
    }

    /** See {@link Link#endHalfOpen}. */
    public void endHalfOpen() {
        initial.swallow(null);
        links().forEach(Link::endHalfOpen);
    }

    /** Ends delay, throttle and half-open. */
    public void heal() {
        delay(Duration.ZERO);
        throttle(0);
        endHalfOpen();
    }

    /** How many connections it carries now. */
    public int live() {
        return links().stream().mapToInt(Link::live).sum();
    }

    /** How many connections it has accepted. */
    public long connections() {
        return counters.connections.sum();
    }

    /** How many bytes it has passed on, in both directions. */
    public long bytes() {
        return counters.bytes.sum();
    }

    /** How many connections it has reset of its own accord. */
    public long resets() {
        return counters.resets.sum();
    }

    @Override
    public void close() {
        List<Link> all;
        synchronized (this) {
            closed = true;
            all = links();
        }
        all.forEach(Link::close);
    }

    @Override
    public String toString() {
        return links().size() + " links, " + connections() + " connections, " + bytes() + " bytes, " + resets()
                + " resets";
    }
}
