package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.agent.ControlServer;
import io.ghee.agent.JobKeys;
import io.ghee.agent.Memory;
import io.ghee.plan.PlannedStage;
import io.ghee.run.JobDriver;
import io.ghee.run.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods of one job, and the control channel to them. The API server tells what becomes of each; what can be mended by
 * another pod is, under the next number, so that a pod is created once however often it is asked for.
 */
final class JobPods implements Workers {
    private static final Logger LOG = LoggerFactory.getLogger(JobPods.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    /** How long what keeps a container from starting may take to come right. */
    private static final Duration START_PATIENCE = Duration.ofMinutes(1);
    /** What has no reason of its own by then may have left one in the events. */
    private static final Duration SILENT_START = Duration.ofSeconds(10);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final int LONGEST_SHIFT = 10;
    private static final long POLL_MILLIS = 1000;

    private final JobDriver driver;
    private final Cluster cluster;
    private final Settings settings;
    private final JobLease lease;
    private final JobObjects objects;
    private final JobKeys keys = JobKeys.create();
    private final ScheduledExecutorService timer;
    /** By stage and replica; the one that is, or was last. */
    private final Map<String, Worker> workers = new LinkedHashMap<>();
    /** How many pods each replica has had. */
    private final Map<String, Integer> lives = new HashMap<>();
    /** What the user has been told. */
    private final Set<String> told = new HashSet<>();

    private @Nullable ControlServer control;
    private @Nullable SharedIndexInformer<Pod> informer;
    private boolean stopping;

    /** A replica's pod as far as is known. */
    private static final class Worker {
        private final PlannedStage stage;
        private final int replica;
        private final int life;
        private final String pod;
        private final long bornNanos = System.nanoTime();
        private volatile boolean created;
        private volatile boolean watched;
        private volatile boolean placed;
        private boolean running;
        private boolean gone;
        private volatile @Nullable PodTrouble trouble;
        /** When it last had its place, and nothing was amiss. */
        private long wellNanos = bornNanos;
        /** When the first of the pods was born that were refused, up to this one. */
        private long refusedNanos = bornNanos;
        /** How many they are. */
        private int refused;

        Worker(String job, PlannedStage stage, int replica, int life) {
            this.stage = stage;
            this.replica = replica;
            this.life = life;
            this.pod = Names.pod(job, stage, replica, life);
        }

        String name() {
            return "stage " + stage.name() + ", replica " + replica + " (pod " + pod + ")";
        }

        Duration age() {
            return Duration.ofNanos(System.nanoTime() - bornNanos);
        }
    }

    /**
     * For a job whose lease is held.
     *
     * @param lease deleted in the end
     */
    JobPods(JobDriver driver, Cluster cluster, Settings settings, Manifests manifests, JobLease lease) {
        this.driver = driver;
        this.cluster = cluster.patient();
        this.settings = settings;
        this.lease = lease;
        this.objects = new JobObjects(driver.job(), this.cluster, manifests, lease);
        this.timer = Executors.newScheduledThreadPool(2, task -> {
            Thread thread = new Thread(task, "ghee-pods-" + driver.job());
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public void start() throws InterruptedException {
        // First of all: it takes a while.
        every(JobLease.RENEWAL, this::renew);
        // Those of a lease that is gone, too.
        objects.removeAll().forEach(this::countLife);
        String host = settings.driverHost == null ? Cluster.ownAddress() : settings.driverHost;
        ControlServer server = new ControlServer(driver, keys, ControlServer.Options.network(host), this::silent);
        control = server;
        server.start();
        objects.createShared(keys);
        informer = cluster.ask("to watch pods", () -> objects.pods().inform(new Watcher()));
        every(TICK, this::tick);
        place();
    }

    /** Its name is taken. */
    private void countLife(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        lives.merge(
                labels.get(Manifests.STAGE) + "-" + labels.get(Manifests.REPLICA),
                Integer.parseInt(labels.get(Manifests.LIFE)) + 1,
                Math::max);
    }

    /** Nobody else would hear of what it throws. */
    private void guard(Runnable task) {
        try {
            task.run();
        } catch (GheeException e) {
            driver.fail(e);
        } catch (KubernetesClientException e) {
            // It is asked again.
            LOG.warn("job {}: the cluster does not answer: {}", driver.job(), e.getMessage());
        } catch (RuntimeException e) {
            driver.fail(new InfrastructureException("the driver cannot look after its pods: " + e, e));
        }
    }

    private void every(Duration period, Runnable task) {
        Object scheduled = timer.scheduleWithFixedDelay(
                () -> guard(task), period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
        LOG.trace("every {}: {}", period, scheduled);
    }

    private void renew() {
        if (!driver.isDecided()) {
            lease.renew();
        }
    }

    // Placing: all pods, or none that holds a GPU.

    private void place() throws InterruptedException {
        long deadline = System.nanoTime() + settings.placement.toNanos();
        Duration pause = FIRST_PAUSE;
        while (!driver.isDecided()) {
            createAll();
            if (awaitPlaced(deadline)) {
                return;
            }
            giveBack();
            // Two jobs that stand in each other's way do not meet again at once.
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(pause.toMillis() / 2, pause.toMillis()));
        }
    }

    private void createAll() {
        List<Worker> all = new ArrayList<>();
        synchronized (this) {
            for (PlannedStage stage : driver.plan().stages()) {
                for (int replica = 0; replica < stage.replicas(); replica++) {
                    all.add(expect(stage, replica));
                }
            }
        }
        all.forEach(this::create);
    }

    private Worker expect(PlannedStage stage, int replica) {
        int life = lives.merge(stage.name() + "-" + replica, 1, Integer::sum) - 1;
        Worker worker = new Worker(driver.job(), stage, replica, life);
        workers.put(stage.name() + "-" + replica, worker);
        Objects.requireNonNull(control).expect(stage.index(), replica, life);
        return worker;
    }

    private void create(Worker worker) {
        objects.createPod(
                worker.stage,
                worker.replica,
                worker.life,
                Objects.requireNonNull(control).endpoint());
        worker.created = true;
    }

    /** True once all pods have their nodes, or the job is decided; false if some hold GPUs that others miss. */
    private synchronized boolean awaitPlaced(long deadline) throws InterruptedException {
        while (!driver.isDecided()) {
            if (workers.values().stream().allMatch(worker -> worker.placed)) {
                return true;
            }
            Worker missing = workers.values().stream()
                    .filter(worker -> worker.trouble != null && worker.trouble.kind() == PodTrouble.Kind.UNPLACED)
                    .findFirst()
                    .orElse(null);
            if (missing != null && System.nanoTime() - deadline > 0) {
                throw new InfrastructureException(missing.name() + " "
                        + Objects.requireNonNull(missing.trouble).text() + "; it has waited for "
                        + settings.placement.toSeconds() + " s");
            }
            boolean held = workers.values().stream()
                    .anyMatch(
                            worker -> worker.placed && worker.stage.resources().gpus() > 0);
            if (missing != null && held) {
                return false;
            }
            wait(POLL_MILLIS);
        }
        return true;
    }

    private void giveBack() {
        List<Worker> all;
        synchronized (this) {
            all = List.copyOf(workers.values());
            workers.clear();
        }
        LOG.info("job {}: not all of its pods have room; it gives back what it has, and waits", driver.job());
        all.forEach(worker -> objects.deletePod(worker.pod));
    }

    // What becomes of them.

    private final class Watcher implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            guard(() -> watched(pod));
        }

        @Override
        public void onUpdate(Pod before, Pod now) {
            guard(() -> watched(now));
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            guard(() -> deleted(pod));
        }
    }

    private @Nullable Worker workerOf(Pod pod) {
        String name = pod.getMetadata().getName();
        return workers.values().stream()
                .filter(worker -> worker.pod.equals(name))
                .findFirst()
                .orElse(null);
    }

    private synchronized void watched(Pod pod) {
        Worker worker = workerOf(pod);
        if (worker != null) {
            worker.watched = true;
        }
        seen(pod);
    }

    /** A watch that was away says nothing of a pod that came and went meanwhile. */
    private void lookFor(Worker worker) {
        Pod pod = cluster.pods().withName(worker.pod).get();
        synchronized (this) {
            if (pod != null) {
                seen(pod);
            } else if (!worker.watched && workers.containsValue(worker)) {
                lost(worker, "was deleted");
            }
        }
    }

    private synchronized void seen(Pod pod) {
        Worker worker = workerOf(pod);
        if (worker == null) {
            return;
        }
        worker.placed = PodTrouble.isPlaced(pod);
        worker.running = "Running".equals(pod.getStatus().getPhase());
        worker.trouble = PodTrouble.of(pod).orElse(null);
        notifyAll();
        PodTrouble trouble = worker.trouble;
        if (trouble == null) {
            return;
        }
        switch (trouble.kind()) {
            case LOST -> lost(worker, trouble.text());
            case REFUSED -> refused(worker, trouble);
            case HOPELESS -> fail(worker, trouble);
            default -> tell(worker, trouble);
        }
    }

    private synchronized void deleted(Pod pod) {
        Worker worker = workerOf(pod);
        if (worker != null) {
            lost(worker, "was deleted");
        }
        notifyAll();
    }

    private void tell(Worker worker, PodTrouble trouble) {
        String line = worker.stage.name() + worker.replica + trouble.text();
        if (!stopping && told.add(line)) {
            LOG.warn("job {}: {} {}", driver.job(), worker.name(), trouble.text());
        }
    }

    private void fail(Worker worker, PodTrouble trouble) {
        driver.fail(new InfrastructureException(worker.name() + " " + trouble.text()));
    }

    private void lost(Worker worker, String how) {
        if (worker.gone) {
            return;
        }
        worker.gone = true;
        if (stopping || driver.isDecided()) {
            return;
        }
        Memory memory = Objects.requireNonNull(control).memory(worker.stage.index(), worker.replica);
        String took = memory == null ? "" : "; it took: " + memory;
        boolean again = driver.lost(
                worker.stage.index(), worker.replica, new InfrastructureException(worker.name() + " " + how + took));
        if (again) {
            Worker next = expect(worker.stage, worker.replica);
            timer.execute(() -> guard(() -> replace(worker, next)));
        }
    }

    /** It has done nothing, so nothing is lost with it; another pod is made after a pause. */
    private void refused(Worker worker, PodTrouble trouble) {
        if (System.nanoTime() - worker.refusedNanos > START_PATIENCE.toNanos()) {
            lost(worker, trouble.text());
        }
        if (worker.gone) {
            return;
        }
        worker.gone = true;
        if (stopping || driver.isDecided()) {
            return;
        }
        tell(worker, trouble);
        Worker next = expect(worker.stage, worker.replica);
        next.refusedNanos = worker.refusedNanos;
        next.refused = worker.refused + 1;
        long millis =
                Math.min(FIRST_PAUSE.toMillis() << Math.min(LONGEST_SHIFT, worker.refused), LONGEST_PAUSE.toMillis());
        Object scheduled = timer.schedule(() -> guard(() -> replace(worker, next)), millis, TimeUnit.MILLISECONDS);
        LOG.trace("in {} ms: {}", millis, scheduled);
    }

    /** A failed pod stays to be looked at; one that still runs somewhere must not. */
    private void replace(Worker worker, Worker next) {
        if (worker.running) {
            objects.deletePod(worker.pod);
        }
        synchronized (this) {
            if (!workers.containsValue(next)) {
                // It has been given back meanwhile.
                return;
            }
        }
        create(next);
    }

    private void silent(int stage, int replica, InfrastructureException reason) {
        String name = driver.plan().stage(stage).name() + "-" + replica;
        synchronized (this) {
            Worker worker = workers.get(name);
            if (worker != null) {
                lost(worker, "has said nothing for too long and is deleted: " + reason.reason());
            }
        }
    }

    private void tick() {
        List<Worker> starting;
        synchronized (this) {
            if (stopping || driver.isDecided()) {
                notifyAll();
                return;
            }
            starting = workers.values().stream()
                    .filter(worker -> !worker.running && !worker.gone)
                    .toList();
        }
        for (Worker worker : starting) {
            if (worker.created && !worker.watched && worker.age().compareTo(SILENT_START) > 0) {
                lookFor(worker);
            }
            PodTrouble trouble = worker.trouble;
            if (trouble == null && worker.placed && worker.age().compareTo(SILENT_START) > 0) {
                trouble = fromEvents(worker);
            }
            if (trouble == null || !worker.placed) {
                worker.wellNanos = System.nanoTime();
            }
            if (trouble == null) {
                continue;
            }
            tell(worker, trouble);
            Duration troubled = Duration.ofNanos(System.nanoTime() - worker.wellNanos);
            if (worker.placed
                    ? troubled.compareTo(START_PATIENCE) > 0
                    : worker.age().compareTo(settings.placement) > 0) {
                giveUp(worker, trouble);
            }
        }
    }

    /** Unless the server cannot be asked: then what is known may have come right meanwhile. */
    private void giveUp(Worker worker, PodTrouble trouble) {
        boolean hasSaidSo = worker.trouble != null;
        try {
            lookFor(worker);
        } catch (KubernetesClientException e) {
            worker.wellNanos = System.nanoTime();
            throw e;
        }
        synchronized (this) {
            boolean isWell = worker.running || (hasSaidSo && worker.trouble == null);
            if (!isWell && !worker.gone) {
                fail(worker, trouble);
            }
        }
    }

    /** Its last event, where that is a warning; nothing where they may not be seen. */
    private @Nullable PodTrouble fromEvents(Worker worker) {
        try {
            return PodTrouble.ofEvents(cluster.client()
                            .v1()
                            .events()
                            .inNamespace(cluster.namespace())
                            .withField("involvedObject.name", worker.pod)
                            .list()
                            .getItems())
                    .orElse(null);
        } catch (KubernetesClientException e) {
            LOG.debug("the events of {} are not known: {}", worker.name(), e.getMessage());
            return null;
        }
    }

    // The end.

    @Override
    public void stop(Duration grace) throws InterruptedException {
        synchronized (this) {
            stopping = true;
            notifyAll();
        }
        boolean succeeded = driver.hasSucceeded();
        try {
            if (control != null) {
                control.stopWorkers();
            }
            if (succeeded) {
                awaitEnd(System.nanoTime() + grace.toNanos());
                cluster.ask("to look at the job's lease", () -> {
                    lease.check();
                    return true;
                });
            }
        } finally {
            try {
                objects.cleanUp();
            } finally {
                close();
            }
        }
    }

    private synchronized void awaitEnd(long deadline) throws InterruptedException {
        while (workers.values().stream().anyMatch(worker -> !worker.gone) && deadline - System.nanoTime() > 0) {
            wait(Math.max(1, Math.min(POLL_MILLIS, (deadline - System.nanoTime()) / 1_000_000)));
        }
    }

    private void close() {
        timer.shutdownNow();
        if (informer != null) {
            informer.close();
        }
        if (control != null) {
            control.close();
        }
        cluster.close();
    }
}
