package io.ghee.benchmarks;

import io.ghee.DataSize;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * A process that is one end of a measurement. It says its endpoint, is told the other's in a line, and then answers each
 * further line, {@value #READ}, {@value #PAUSE} or {@value #GO}, with a reading of its meter. When there is nothing more to
 * read, it ends.
 */
public final class TransferEnd {
    static final String READ = "read";
    static final String PAUSE = "pause";
    static final String GO = "go";

    private TransferEnd() {}

    /** {@code send|receive VARIANT SIZE BUDGET}. */
    public static void main(String[] args) throws Exception {
        Carrier carrier = Variant.valueOf(args[1]).carrier();
        Carrier.Load load = new Carrier.Load(Integer.parseInt(args[2]), new DataSize(Long.parseLong(args[3])));
        Carrier.End end = args[0].equals("send") ? carrier.sender(load) : carrier.receiver(load);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println(end.endpoint());
        String peer = in.readLine();
        if (peer == null) {
            return;
        }
        Meter meter = new Meter();
        Thread watch = new Thread(() -> answer(in, meter), "meter");
        watch.setDaemon(true);
        watch.start();
        try {
            end.run(peer, meter);
        } catch (Throwable e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void answer(BufferedReader in, Meter meter) {
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.equals(READ)) {
                    meter.pause(line.equals(PAUSE));
                }
                System.out.println(meter.read().line());
            }
            Runtime.getRuntime().halt(0);
        } catch (IOException e) {
            Runtime.getRuntime().halt(1);
        }
    }
}
