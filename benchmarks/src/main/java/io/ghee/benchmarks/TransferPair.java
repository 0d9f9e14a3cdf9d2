package io.ghee.benchmarks;

import io.ghee.DataSize;
import io.ghee.benchmarks.Meter.Reading;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A sender and a receiver of one variant, in a process each. They stay, and pause while others are measured: what is
 * compiled by and by is compiled once. When one fails, as when something else arrives than was sent, its process ends, and
 * whatever is called next throws.
 */
final class TransferPair implements AutoCloseable {
    /** Both processes get these: none is to win by memory. */
    private static final List<String> JVM = List.of("-Xms512m", "-Xmx512m", "-XX:MaxDirectMemorySize=256m");

    private static final Duration SETTLING = Duration.ofMillis(300);
    private static final Duration LONGEST_WARM_UP = Duration.ofMinutes(1);

    private final Variant variant;
    private final int size;
    private final List<Child> children = new ArrayList<>();
    private final Child receiver;
    private final Child sender;

    /** A child and the lines it says. */
    private record Child(Process process, PrintWriter in, BufferedReader out) {
        String line() throws IOException {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("process " + process.pid() + " has ended");
            }
            return line;
        }

        Reading ask(String what) throws IOException {
            in.println(what);
            return Reading.of(line());
        }
    }

    /**
     * Starts both, and lets them run for a while.
     *
     * @param size bytes of data in a message
     * @param budget bytes that may be on the way
     * @param cpuSeconds that both have had together then
     */
    TransferPair(Variant variant, int size, DataSize budget, double cpuSeconds)
            throws IOException, InterruptedException {
        this.variant = variant;
        this.size = size;
        boolean done = false;
        try {
            receiver = start("receive", budget);
            sender = start("send", budget);
            String inlet = receiver.line();
            receiver.in().println(sender.line());
            sender.in().println(inlet);
            warmUp(cpuSeconds);
            sender.ask(TransferEnd.PAUSE);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Time on the clock would not do: others may have the processors. */
    private void warmUp(double cpuSeconds) throws IOException, InterruptedException {
        long start = System.nanoTime();
        double had = 0;
        while (had < cpuSeconds && System.nanoTime() - start < LONGEST_WARM_UP.toNanos()) {
            Thread.sleep(SETTLING.toMillis());
            had = (receiver.ask(TransferEnd.READ).cpuNanos()
                            + sender.ask(TransferEnd.READ).cpuNanos())
                    / 1e9;
        }
    }

    private Child start(String side, DataSize budget) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.addAll(List.of(
                TransferEnd.class.getName(),
                side,
                variant.name(),
                Integer.toString(size),
                Long.toString(budget.bytes())));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process process = builder.start();
        Child child = new Child(
                process,
                new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8), true),
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        children.add(child);
        return child;
    }

    Variant variant() {
        return variant;
    }

    /** Lets them run, and measures {@code time} of it. */
    TransferRun measure(int round, Duration time) throws IOException, InterruptedException {
        sender.ask(TransferEnd.GO);
        Thread.sleep(SETTLING.toMillis());
        Reading receivedBefore = receiver.ask(TransferEnd.READ);
        Reading sentBefore = sender.ask(TransferEnd.READ);
        MachineClock machine = new MachineClock();
        Thread.sleep(time.toMillis());
        Reading received = receiver.ask(TransferEnd.READ).since(receivedBefore);
        Reading sent = sender.ask(TransferEnd.READ).since(sentBefore);
        double cpu = received.cpuNanos() + (double) sent.cpuNanos();
        double otherCores = machine.otherCores(cpu / 1e9);
        sender.ask(TransferEnd.PAUSE);
        if (received.messages() == 0 || sent.messages() == 0) {
            throw new IOException("nothing has arrived");
        }
        return new TransferRun(
                variant,
                size,
                round,
                received.perSecond(),
                cpu / received.messages(),
                (double) sent.allocatedBytes() / sent.messages(),
                (double) received.allocatedBytes() / received.messages(),
                otherCores);
    }

    @Override
    public void close() {
        // At once, so that none is left to complain of the other's end.
        children.forEach(child -> child.process().destroyForcibly());
        children.forEach(child -> child.process().onExit().join());
    }
}
