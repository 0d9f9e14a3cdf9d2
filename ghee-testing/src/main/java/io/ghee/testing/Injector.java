package io.ghee.testing;

import io.ghee.InfrastructureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets the faults of a schedule strike at their moments, and ends those that last. One that finds nothing to strike, since
 * its worker is being started again for example, waits until it does. Used by one thread.
 */
final class Injector {
    private final WorkerControl workers;
    private final TcpProxy proxy;
    private final @Nullable Sabotage sabotage;
    private final Consumer<String> log;
    private final List<Fault> waiting;
    private final List<Fault> struck = new ArrayList<>();
    private final List<Laid> laid = new ArrayList<>();
    private final List<Lasting> lasting = new ArrayList<>();

    private record Laid(Fault fault, Sabotage.Trap trap) {}

    private record Lasting(Fault fault, long endNanos, Relief relief) {}

    /** Ends a fault. */
    private interface Relief {
        void relieve() throws InterruptedException;
    }

    /**
     * An injector of faults that have not struck.
     *
     * @param sabotage kills the workers if they are threads; null if they are processes
     */
    Injector(
            List<Fault> faults,
            WorkerControl workers,
            TcpProxy proxy,
            @Nullable Sabotage sabotage,
            Consumer<String> log) {
        this.waiting = new ArrayList<>(faults);
        this.workers = workers;
        this.proxy = proxy;
        this.sabotage = sabotage;
        this.log = log;
    }

    /** Does what is due by now; the parameters are those of {@link Moment#isDue}. */
    void tick(long consumed, long work, Duration elapsed) throws InterruptedException {
        String now = elapsed.toMillis() + " ms, " + consumed + " records: ";
        for (Fault fault : List.copyOf(waiting)) {
            if (fault.at().isDue(consumed, work, elapsed) && strike(fault)) {
                waiting.remove(fault);
                log.accept(now + fault);
            }
        }
        for (Laid each : List.copyOf(laid)) {
            if (each.trap().isSprung()) {
                laid.remove(each);
                struck.add(each.fault());
            }
        }
        for (Lasting each : List.copyOf(lasting)) {
            if (System.nanoTime() - each.endNanos() >= 0) {
                end(each);
                log.accept(now + "over: " + each.fault());
            }
        }
    }

    private void end(Lasting over) throws InterruptedException {
        lasting.remove(over);
        over.relief().relieve();
    }

    /** Ends everything, whatever becomes of a part of it. */
    void end() throws InterruptedException {
        if (sabotage != null) {
            laid.stream().filter(each -> each.trap().isSprung()).forEach(each -> struck.add(each.fault()));
            laid.clear();
            sabotage.clear();
        }
        for (Lasting each : List.copyOf(lasting)) {
            try {
                end(each);
            } catch (InfrastructureException e) {
                log.accept("cannot be ended: " + each.fault() + ": " + e.reason());
            }
        }
        proxy.heal();
    }

    /** The faults that have struck, in order. */
    List<Fault> struck() {
        return List.copyOf(struck);
    }

    /** True if it has struck, or its trap is laid. */
    private boolean strike(Fault fault) throws InterruptedException {
        if (sabotage != null && fault instanceof Fault.Kill kill) {
            laid.add(new Laid(fault, sabotage.lay(kill.stage(), 0)));
            return true;
        }
        Relief relief = fault.kind().isOfWorker() ? strikeWorker(fault) : strikeLink(fault);
        if (relief == null) {
            return false;
        }
        struck.add(fault);
        Duration lasts = lasts(fault);
        if (!lasts.isZero()) {
            lasting.add(new Lasting(fault, System.nanoTime() + lasts.toNanos(), relief));
        }
        return true;
    }

    private static Duration lasts(Fault fault) {
        if (fault instanceof Fault.Pause pause) {
            return pause.lasts();
        } else if (fault instanceof Fault.Delay delay) {
            return delay.lasts();
        } else if (fault instanceof Fault.HalfOpen halfOpen) {
            return halfOpen.lasts();
        } else if (fault instanceof Fault.Throttle throttle) {
            return throttle.lasts();
        }
        return Duration.ZERO;
    }

    /** What ends the fault; null if there is no such worker now. */
    private @Nullable Relief strikeWorker(Fault fault) throws InterruptedException {
        if (fault instanceof Fault.Kill kill) {
            return workers.worker(kill.stage(), kill.replica())
                            .filter(workers::kill)
                            .isPresent()
                    ? () -> {}
                    : null;
        }
        Fault.Pause pause = (Fault.Pause) fault;
        WorkerControl.Worker worker =
                workers.worker(pause.stage(), pause.replica()).orElse(null);
        if (worker == null) {
            return null;
        }
        try {
            workers.pause(worker);
        } catch (InfrastructureException e) {
            // It has ended between the two; or it stands still, and was too busy to do so in time.
            workers.resume(worker);
            return null;
        }
        return () -> workers.resume(worker);
    }

    /** What ends the fault; null if there is no connection now. */
    private @Nullable Relief strikeLink(Fault fault) {
        if (fault instanceof Fault.ResetAll) {
            return proxy.resetAll() > 0 ? () -> {} : null;
        } else if (fault instanceof Fault.ResetOne one) {
            return proxy.resetOne(new Random(one.pick())) ? () -> {} : null;
        }
        List<Link> links =
                proxy.links().stream().filter(link -> link.live() > 0).toList();
        if (links.isEmpty()) {
            return null;
        }
        if (fault instanceof Fault.Cut cut) {
            pick(links, cut.pick()).resetAfter(cut.bytes());
            return () -> {};
        } else if (fault instanceof Fault.Delay delay) {
            Link link = pick(links, delay.pick());
            link.delay(delay.by());
            return () -> link.delay(Duration.ZERO);
        } else if (fault instanceof Fault.HalfOpen halfOpen) {
            Link link = pick(links, halfOpen.pick());
            link.halfOpen(halfOpen.direction());
            return link::endHalfOpen;
        }
        Fault.Throttle throttle = (Fault.Throttle) fault;
        Link link = pick(links, throttle.pick());
        link.throttle(throttle.bytesPerSecond());
        return () -> link.throttle(0);
    }

    private static Link pick(List<Link> links, int pick) {
        return links.get(pick % links.size());
    }
}
