package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.StageFailedException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.distribution.Distribution;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.plan.Planner;
import io.ghee.source.Split;
import io.ghee.source.UnboundedSource;
import io.ghee.train.Checkpoints;
import io.ghee.train.Trials;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's side of a job: hands out splits, deals batches, hears how far the workers are, begins a new generation when
 * one of them is lost, and knows when they are done. Where they run is none of its business. Thread-safe.
 *
 * <h2>Losing a worker</h2>
 *
 * Only the last stage has effects: it writes, or trains. So when a worker of a stage before it is lost, all of those stages
 * drop what they hold and begin anew, in a new generation, with the splits that are not complete; records of these that
 * have arrived in the last stage are left out. The replicas of the last stage go on where they are: they tell what has
 * arrived, and receive the rest. When a replica of the last stage itself is lost, what it did is lost with it, and the last
 * stage makes a new attempt, from the beginning.
 */
public final class JobDriver implements Coordinator {
    private static final Logger LOG = LoggerFactory.getLogger(JobDriver.class);

    private final String job;
    private final Plan plan;
    private List<Split> splits;
    private final CompletableFuture<List<String>> outcome = new CompletableFuture<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    private final Cursor cursor;
    private final LastStage lastStage;
    private final Members members;
    private final @Nullable Sweep sweep;
    private final Restarts restarts;
    private final ProgressBoard board;
    private final Hangs hangs;
    private final Written written;
    private final Dealt dealt;
    private final Map<Integer, Standing> ready = new HashMap<>();
    private final Set<Integer> finished = new TreeSet<>();
    /** Why workers that had done their work will not come again. */
    private final List<GheeException> gone = new ArrayList<>();

    private volatile int generation;
    private volatile boolean draining;
    private final @Nullable Resumption resumption;
    private final @Nullable Checkpointing checkpointing;
    private final @Nullable Lanes lanes;
    private long notBeforeNanos = System.nanoTime();
    private long calledNanos = System.nanoTime();
    /** The step at whose checkpoint the last stage begins anew, with others; -1 if it is not to. */
    private long regroupAt = -1;

    private @Nullable Start start;

    private JobDriver(
            String job,
            Plan plan,
            List<Split> splits,
            @Nullable Resumption resumption,
            @Nullable Checkpointing checkpointing) {
        this.job = job;
        this.plan = plan;
        this.splits = splits;
        this.resumption = resumption;
        this.checkpointing = checkpointing;
        Long seed = plan.limits().seed();
        this.lanes = seed == null
                ? null
                : new Lanes(seed, splits.size(), plan.input().passes());
        int pinnedTo = plan.source() instanceof UnboundedSource ? plan.stage(0).replicas() : 0;
        this.cursor = new Cursor(splits.size(), plan.input().passes(), pinnedTo, Units.of(plan));
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        boolean drops = plan.distributionInto(last) instanceof Distribution.Even even && even.dropsRemainder();
        this.lastStage =
                new LastStage(drops, last.teamSize(), checkpointing == null ? 0 : checkpointing.firstAttempt());
        this.members = new Members(last.resources());
        Trials trials = plan.trials();
        this.sweep = trials == null ? null : new Sweep(trials, last.teamSize());
        this.restarts = new Restarts(plan.limits().restarts());
        this.board = new ProgressBoard(plan);
        this.hangs = new Hangs(job, plan);
        this.dealt = new Dealt(plan);
        this.written = new Written(last.replicas());
        rewindToCheckpoint();
    }

    /**
     * Opens a job: cuts its source into splits and prepares its sink.
     *
     * @throws InputException if the source is missing, unreadable or empty
     * @throws io.ghee.ConfigurationException if the sink cannot be written
     * @throws InfrastructureException if the sink did not answer
     */
    public static JobDriver open(String job, Plan plan) {
        Planner.checkComplete(plan);
        Checkpoints checkpoints = plan.checkpoints();
        TrainPosition kept = checkpoints == null ? null : Checkpointing.latest(checkpoints);
        List<Split> splits;
        try {
            splits = List.copyOf(plan.source().splits(Checkpointing.readers(kept, plan)));
        } catch (IOException e) {
            throw new InputException(plan.source().describe() + ": " + e.getMessage(), e);
        }
        Checkpointing checkpointing =
                checkpoints == null ? null : Checkpointing.open(job, checkpoints, plan, splits, kept);
        try {
            if (!plan.commits()) {
                plan.sink().prepare(job);
                return new JobDriver(job, plan, splits, null, checkpointing);
            }
            Resumption resumption = Resumption.open(plan, splits);
            return new JobDriver(job, plan, resumption.splits(), resumption, null);
        } catch (IOException e) {
            throw new InfrastructureException(plan.sink().describe() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Checks that a job could be opened: its source is there, and its sink can be written. Leaves nothing behind.
     *
     * @throws io.ghee.GheeException as {@link #open} does
     */
    public static void check(String job, Plan plan) {
        Planner.checkComplete(plan);
        try {
            plan.source().splits(plan.stage(0).replicas());
        } catch (IOException e) {
            throw new InputException(plan.source().describe() + ": " + e.getMessage(), e);
        }
        if (!plan.commits()) {
            try {
                plan.sink().prepare(job);
                plan.sink().abort(job);
            } catch (IOException e) {
                throw new InfrastructureException(plan.sink().describe() + ": " + e.getMessage(), e);
            }
        }
    }

    public String job() {
        return job;
    }

    public Plan plan() {
        return plan;
    }

    /** True if a worker has done its work in the generation at hand: it takes part again in the next one at the earliest. */
    public synchronized boolean hasFinished(int stage, int replica) {
        return finished.contains(plan.worker(stage, replica));
    }

    /** Completed with what the last stage's replicas finished, or exceptionally with what ended the job. */
    CompletableFuture<List<String>> outcome() {
        return outcome;
    }

    /** Calls {@code listener} whenever a generation is called for or begins, or everything has arrived; from any thread. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    /** The generation that was called for last. */
    public int generation() {
        return generation;
    }

    /** True once everything has arrived in the last stage: no other stage matters any more. */
    public synchronized boolean isOver() {
        return cursor.isAtEnd();
    }

    /**
     * A worker has its channels bound, and waits for a generation to begin.
     *
     * @param standing of a replica of the last stage; {@link Standing#NONE} of others
     */
    public void ready(int forGeneration, int stage, int replica, Standing standing) {
        synchronized (this) {
            if (forGeneration != generation) {
                return;
            }
            ready.put(plan.worker(stage, replica), standing);
        }
        beginIfReady();
    }

    /** The generation called for last, if it has begun. Asked again and again: it may have to wait for its time. */
    public @Nullable Start start() {
        beginIfReady();
        synchronized (this) {
            return start;
        }
    }

    private void beginIfReady() {
        synchronized (this) {
            if (start != null || !isComplete() || System.nanoTime() - notBeforeNanos < 0) {
                return;
            }
            if (lastStage.hasLostOneOf(standings())) {
                rewind();
            }
            if (resumption != null && !hasResumed(resumption)) {
                return;
            }
            if (checkpointing != null && !lastStage.hasBegun()) {
                if (checkpointing.isPublishing()) {
                    return;
                }
                rewindToCheckpoint();
            }
            begin();
            notifyAll();
        }
        changed();
    }

    /** True if all are there that the generation needs. */
    private boolean isComplete() {
        int last = plan.stages().size() - 1;
        long others = ready.keySet().stream()
                .filter(worker -> worker < plan.worker(last, 0))
                .count();
        return others == plan.worker(last, 0)
                && (lastStage.hasBegun()
                        ? members.canGoOn(this::isReady)
                        : members.canBegin(this::isReady, System.nanoTime() - calledNanos));
    }

    /** True if a replica of the last stage is there. */
    private boolean isReady(int replica) {
        return ready.containsKey(plan.worker(plan.stages().size() - 1, replica));
    }

    private void begin() {
        if (!lastStage.hasBegun()) {
            members.begin(this::isReady);
            if (checkpointing != null) {
                checkpointing.ranks(members.now().size());
            }
        }
        Consumed arrived = new Consumed();
        dealt.begin(members.now());
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        List<Standing> standings = standings();
        lastStage.begin(members.now());
        Position kept = resumption == null ? null : resumption.position();
        if (kept != null) {
            arrived.addAll(kept.consumed());
        }
        for (int rank = 0; rank < members.now().size(); rank++) {
            Standing standing = standings.get(members.now().get(rank));
            if (standing.attempt() == lastStage.attempt()) {
                arrived.addAll(Consumed.read(standing.consumed()));
                if (standing.epoch() == cursor.epoch()) {
                    dealt.had(standing.epoch(), rank, last.isDealtRows() ? standing.records() : standing.batches());
                }
            }
        }
        Start.Resume resume = null;
        TrainPosition trained = checkpointing == null ? null : checkpointing.begunFrom();
        if (trained != null) {
            arrived.addAll(trained.consumed());
            resume = new Start.Resume(trained.step(), trained.epoch(), trained.states(), trained.counted());
        }
        arrived.forgetUntil(cursor.epoch() - 1);
        cursor.begin(arrived);
        if (lanes != null) {
            lanes.begin(cursor.epoch());
        }
        boolean skipsLater = plan.lastFanOut() >= 0 || lanes != null;
        byte[] skipped = skipsLater && !arrived.isEmpty() ? arrived.toBytes() : new byte[0];
        int sinkAttempt = resumption == null ? lastStage.attempt() : resumption.attempt();
        start = new Start(generation, lastStage.attempt(), sinkAttempt, cursor.epoch(), skipped, members.now(), resume);
        LOG.debug("job {}: generation {} begins in epoch {}", job, generation, cursor.epoch());
    }

    /** How far the replicas of the last stage are. */
    private List<Standing> standings() {
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        return IntStream.range(0, last.replicas())
                .mapToObj(replica -> ready.getOrDefault(plan.worker(last.index(), replica), Standing.NONE))
                .toList();
    }

    /**
     * Waits until a generation later than {@code after} begins; for workers that are threads of this JVM.
     *
     * @throws InterruptedException if the worker is to end
     */
    Start awaitStart(int stage, int replica, int after, Standing standing) throws InterruptedException {
        while (true) {
            int called = generation();
            if (called > after) {
                ready(called, stage, replica, standing);
                Start begun = start();
                boolean takesPart = !plan.isLast(plan.stage(stage)) || (begun != null && begun.rank(replica) >= 0);
                if (begun != null && begun.generation() > after && takesPart) {
                    return begun;
                }
            }
            synchronized (this) {
                Start begun = start;
                boolean waits = begun == null
                        || begun.generation() <= after
                        || (plan.isLast(plan.stage(stage)) && begun.rank(replica) < 0);
                if (waits) {
                    wait(Feed.PATIENCE.toMillis());
                }
            }
        }
    }

    /**
     * A worker is gone, or cannot go on: calls for a new generation, or fails the job if that was one loss too many.
     *
     * @return true if the job goes on and needs the worker again
     */
    public boolean lost(int stage, int replica, GheeException reason) {
        boolean isNeeded;
        synchronized (this) {
            if (isDecided()) {
                return false;
            }
            hangs.forget(stage, replica);
            boolean last = plan.isLast(plan.stage(stage));
            if (last && members.isExcluded(replica)) {
                return false;
            }
            if (last && sweep != null) {
                sweep.failed(replica, reason.reason());
                giveUp(sweep, replica);
                return false;
            }
            String worker = plan.stage(stage).name() + "-" + replica;
            boolean allowed = restarts.allow(worker, reason.reason(), System.nanoTime());
            if (!last && cursor.isAtEnd()) {
                // It has done its work, but is needed again if a replica of the last stage is lost as well.
                if (!allowed) {
                    gone.add(reason);
                }
                finish(stage, replica);
                return allowed;
            }
            if (last && allowed && start != null && !members.contains(replica)) {
                ready.remove(plan.worker(stage, replica));
                return true;
            }
            if (!allowed && !(last && members.exclude(replica))) {
                fail(reason);
                return false;
            }
            LOG.warn("job {}: {}; it begins again", job, reason.reason());
            callGeneration();
            notBeforeNanos = System.nanoTime() + restarts.pause(worker).toNanos();
            if (last) {
                rewind();
            }
            notifyAll();
            if (!allowed) {
                LOG.warn("job {}: goes on without {}", job, worker);
            }
            isNeeded = allowed;
        }
        changed();
        return isNeeded;
    }

    /** A trial has failed: all of its ranks end, and leave nothing. */
    private void giveUp(Sweep trials, int replica) {
        if (trials.haveAllFailed()) {
            TrialProgress last =
                    trials.progress().get(plan.stage(plan.stages().size() - 1).teamOf(replica));
            fail(new StageFailedException(new Failure(
                    GheeException.Kind.JOB,
                    "driver",
                    -1,
                    "",
                    "all trials have failed, the last one with " + last.reason(),
                    "")));
            return;
        }
        List<Integer> ranks = trials.team(replica);
        ranks.forEach(lastStage::discard);
        retire(ranks);
    }

    /** Some ranks have ended before others: these go on without them. */
    private void retire(List<Integer> replicas) {
        for (int replica : replicas) {
            lastStage.forget(replica);
            members.drop(replica);
            hangs.forget(plan.stages().size() - 1, replica);
            finished.remove(plan.worker(plan.stages().size() - 1, replica));
        }
        if (!cursor.isAtEnd() && !members.now().isEmpty()) {
            callGeneration();
        } else if (members.now().isEmpty() || finished.size() == expected()) {
            outcome.complete(lastStage.committables());
        }
        notifyAll();
    }

    /** True if a worker has nothing to do any more, though the job goes on. */
    public synchronized boolean isRetired(int stage, int replica) {
        return plan.isLast(plan.stage(stage)) && members.isExcluded(replica);
    }

    @Override
    public synchronized void trialFailed(int replica, String reason) {
        if (sweep != null) {
            sweep.failed(replica, reason);
        }
    }

    private synchronized void callGeneration() {
        gone.forEach(this::fail);
        calledNanos = System.nanoTime();
        regroupAt = -1;
        generation = generation + 1;
        start = null;
        ready.clear();
        finished.clear();
    }

    /**
     * Takes in what splits have come up: all stages begin anew from what is committed, as the numbers of splits are kept with
     * it.
     *
     * @param found all that there are
     */
    void grow(List<? extends Split> found) {
        synchronized (this) {
            Set<String> known = splits.stream().map(Split::id).collect(Collectors.toSet());
            List<Split> all = new ArrayList<>(splits);
            found.stream().filter(split -> !known.contains(split.id())).forEach(all::add);
            if (all.size() == splits.size() || resumption == null || start == null || draining || isDecided()) {
                return;
            }
            LOG.info(
                    "job {}: reads {}, too",
                    job,
                    all.subList(splits.size(), all.size()).stream()
                            .map(Split::describe)
                            .toList());
            splits = List.copyOf(all);
            cursor.grow(splits.size());
            resumption.grow(splits);
            callGeneration();
            rewind();
            notifyAll();
        }
        changed();
    }

    /** The ids of all splits. */
    synchronized Set<String> known() {
        return splits.stream().map(Split::id).collect(Collectors.toSet());
    }

    /** Of each split the place before which everything is written and committed. */
    synchronized Map<Split, Long> committed() {
        Map<Split, Long> places = new HashMap<>();
        long[] marks = written.marks();
        for (int split = 0; split < marks.length; split++) {
            places.put(splits.get(split), marks[split]);
        }
        return places;
    }

    /** The same when the job has ended well. */
    synchronized Map<Split, Long> committedInTheEnd() {
        Map<Split, Long> places = committed();
        Map<Integer, Long> read = cursor.read();
        for (int split = 0; split < splits.size(); split++) {
            long place = draining ? read.getOrDefault(split, 0L) : Origins.MAX_RECORDS;
            places.merge(splits.get(split), place, Math::max);
        }
        return places;
    }

    /** The last stage makes a new attempt. */
    private void rewind() {
        lastStage.rewind();
        cursor.rewind();
        board.rewind();
        if (resumption != null) {
            resumption.rewind(this, this::resumed);
        }
        if (checkpointing != null) {
            checkpointing.rewind();
        }
    }

    /** The attempt at hand goes on from the last checkpoint, if there is one. */
    private void rewindToCheckpoint() {
        TrainPosition trained = checkpointing == null ? null : checkpointing.begin();
        if (trained != null) {
            cursor.rewindTo(trained.epoch());
        }
    }

    @Override
    public synchronized StepOrder atStep(int attempt, int replica, long step) {
        if (attempt == lastStage.attempt() && sweep != null) {
            return sweep.at(replica, step);
        }
        if (attempt != lastStage.attempt() || checkpointing == null) {
            throw new AbandonedException();
        }
        boolean regroups = members.isToChange(this::isReady);
        StepOrder order = checkpointing.at(step, regroups);
        if (regroups && !order.save().isEmpty()) {
            regroupAt = step;
        }
        return order;
    }

    /** A checkpoint has been made, or has failed. */
    private void published() {
        synchronized (this) {
            if (checkpointing != null && checkpointing.isAt(regroupAt) && !isDecided()) {
                LOG.info("job {}: goes on from step {} with other ranks", job, regroupAt);
                callGeneration();
                rewind();
                notifyAll();
            }
        }
        changed();
        beginIfReady();
    }

    /**
     * So many replicas of the last stage are to take part, from the next checkpoint on.
     *
     * @throws io.ghee.ConfigurationException if there may not be so many
     */
    synchronized void rescale(String stage, int replicas) {
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        ConfigurationException.check(last.name().equals(stage), "stage to rescale", stage, last.name());
        ConfigurationException.check(
                replicas >= last.resources().leastReplicas() && replicas <= last.replicas(),
                "replicas of stage " + stage,
                replicas,
                last.resources().leastReplicas() + " to " + last.replicas());
        members.want(replicas);
    }

    @Override
    public void saved(int attempt, int replica, byte[] position, String failure) {
        TrainPosition saved = TrainPosition.read(position, "what rank " + replica + " has saved");
        synchronized (this) {
            if (attempt != lastStage.attempt() || checkpointing == null) {
                return;
            }
            if (failure.isEmpty()) {
                checkpointing.saved(replica, saved, this, this::published);
            } else {
                checkpointing.failed(saved.step(), failure);
            }
        }
    }

    /** True once it is known what the attempt at hand goes on from. */
    private boolean hasResumed(Resumption from) {
        Position kept = from.position();
        if (kept != null && !lastStage.hasBegun()) {
            long[] marks =
                    kept.splits().stream().mapToLong(Position.Begun::start).toArray();
            cursor.rewindTo(marks);
            written.begin(marks);
        }
        return kept != null;
    }

    private void resumed(@Nullable GheeException failure) {
        if (failure != null) {
            fail(failure);
        }
        beginIfReady();
    }

    @Override
    public void failed(int inGeneration, Failure failure) {
        StageFailedException reason = new StageFailedException(failure);
        PlannedStage stage = plan.stages().stream()
                .filter(each -> each.name().equals(failure.stage()))
                .findFirst()
                .orElse(null);
        if (failure.kind() != GheeException.Kind.INFRASTRUCTURE || stage == null) {
            fail(reason);
        } else if (inGeneration == generation()) {
            lost(stage.index(), failure.replica(), reason);
        }
    }

    private void checkNow(int inGeneration) {
        if (inGeneration != generation) {
            throw new AbandonedException();
        }
    }

    @Override
    public synchronized Assignment nextSplit(int inGeneration, int replica) {
        checkNow(inGeneration);
        Cursor.Next next = lanes == null ? cursor.next(replica) : lanes.next(replica);
        if (next == null || draining) {
            return new Assignment(plan.input().passes(), 0, null, 0, new byte[0]);
        }
        Split split = splits.get(next.split());
        long from = split.firstPlace();
        if (resumption != null) {
            long mark = written.mark(next.split());
            from = cursor.consumed().firstMissing(1, next.split(), mark);
            cursor.complete(next.split(), mark, from);
        }
        Consumed arrived = plan.lastFanOut() >= 0 || lanes != null
                ? new Consumed()
                : cursor.consumed().of(next.epoch(), next.split());
        return new Assignment(
                next.epoch(), next.split(), split, from, arrived.isEmpty() ? new byte[0] : arrived.toBytes());
    }

    @Override
    public synchronized int deal(int inGeneration, int stage, int epoch, int team, int amount) {
        checkNow(inGeneration);
        return dealt.deal(stage + 1, epoch, team, amount);
    }

    @Override
    public boolean epochOver(int inGeneration, int replica, int epoch, Duration patience) throws InterruptedException {
        boolean atEnd = false;
        synchronized (this) {
            if (epoch == cursor.epoch()) {
                checkNow(inGeneration);
                if (lastStage.arrive(replica)) {
                    cursor.endEpoch();
                    atEnd = cursor.isAtEnd();
                    notifyAll();
                }
            }
            long deadline = System.nanoTime() + patience.toNanos();
            while (epoch >= cursor.epoch() && inGeneration == generation && left(deadline) > 0) {
                wait(left(deadline));
            }
            if (epoch >= cursor.epoch()) {
                return false;
            }
        }
        if (atEnd) {
            changed();
        }
        return true;
    }

    private static long left(long deadlineNanos) {
        return (deadlineNanos - System.nanoTime()) / 1_000_000;
    }

    @Override
    public synchronized boolean isEnding(int inGeneration, int epoch) {
        checkNow(inGeneration);
        return epoch < cursor.epoch() || (epoch == cursor.epoch() && lastStage.isEnding());
    }

    @Override
    public synchronized OptionalInt evenOut(int attempt, int replica, int epoch, int batches, Duration patience)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            if (attempt != lastStage.attempt()) {
                throw new AbandonedException();
            }
            OptionalInt settled = lastStage.evenOut(replica, epoch, batches);
            if (settled.isPresent()) {
                notifyAll();
                return settled;
            } else if (left(deadline) <= 0) {
                return settled;
            }
            wait(left(deadline));
        }
    }

    @Override
    public synchronized boolean skip(int stage, int replica, String message) {
        return board.skip(message);
    }

    /**
     * A worker is so far.
     *
     * @return what it is to know
     */
    public synchronized Guidance progress(WorkerProgress now) {
        int worker = plan.worker(now.stage(), now.replica());
        boolean last = plan.isLast(plan.stage(now.stage()));
        if (!finished.contains(worker) && !isRetired(now.stage(), now.replica())) {
            // Of an earlier attempt, too: that is what keeps the next one from beginning.
            hangs.report(now);
        }
        if (!last || now.attempt() == lastStage.attempt()) {
            board.report(worker, now, !finished.contains(worker));
            checkQuarantined();
        }
        Sweep trials = last ? sweep : null;
        if (trials != null && !finished.contains(worker)) {
            trials.report(now.replica(), now);
        }
        List<WorkerProgress.Settled> settled =
                now.generation() == generation ? cursor.report(worker, generation, now.accounts()) : List.of();
        if (!last || resumption == null || now.attempt() != lastStage.attempt() || !lastStage.hasBegun()) {
            Guidance guidance = Guidance.settled(settled, draining);
            return trials != null && !plan.stage(now.stage()).worksTogether() && trials.isStopped(now.replica())
                    ? guidance.stopping()
                    : guidance;
        }
        written.agree(now.replica(), now.agrees());
        written.propose(cursor);
        return written.guidance(settled, now.knows(), draining);
    }

    private void checkQuarantined() {
        long most = plan.source().maxQuarantined();
        if (board.quarantined() > most) {
            fail(new InputException(plan.source().describe() + ": " + board.quarantined()
                    + " malformed records were put aside (expected: at most " + most + ")"));
        }
    }

    @Override
    public void finished(int inGeneration, int stage, int replica, String committable, WorkerProgress progress) {
        synchronized (this) {
            boolean last = plan.isLast(plan.stage(stage));
            boolean isOld = last ? progress.attempt() != lastStage.attempt() : inGeneration != generation;
            // It is told again and again; the points of its progress count once.
            if (isOld || finished.contains(plan.worker(stage, replica)) || isRetired(stage, replica)) {
                return;
            }
            progress(progress);
            if (last) {
                lastStage.finish(replica, committable);
            }
            boolean early = last && sweep != null && !cursor.isAtEnd();
            if (sweep != null && last) {
                sweep.ended(replica);
            }
            if (last && sweep != null && sweep.hasFailed(replica)) {
                giveUp(sweep, replica);
            } else if (early) {
                retire(List.of(replica));
            } else {
                finish(stage, replica);
            }
        }
        changed();
    }

    /** How many workers are to finish. */
    private int expected() {
        return plan.worker(plan.stages().size() - 1, 0) + members.now().size();
    }

    private void finish(int stage, int replica) {
        finished.add(plan.worker(stage, replica));
        if (finished.size() == expected()) {
            outcome.complete(lastStage.committables());
        }
    }

    /** The job is to end as if its input ended here: what has been read is still written and committed. */
    void drain() {
        draining = true;
    }

    /** True once {@link #drain} was called: there may be more input. */
    boolean isDraining() {
        return draining;
    }

    /** The job has ended well: takes away what it would have gone on from. */
    void forget() throws IOException, InterruptedException {
        if (checkpointing != null) {
            checkpointing.clear();
        }
    }

    /** Ends the job, unless it has ended. */
    public void fail(GheeException reason) {
        outcome.completeExceptionally(reason);
    }

    /** True once the job has succeeded or failed, though its workers may still be ending. */
    public boolean isDecided() {
        return outcome.isDone();
    }

    /** True once every worker has finished. */
    public boolean hasSucceeded() {
        return outcome.isDone() && !outcome.isCompletedExceptionally();
    }

    /** The wall time ends here. */
    synchronized void ended() {
        board.ended();
    }

    /** How far the job is. */
    public synchronized JobProgress jobProgress() {
        return board.sum(restarts.reasons(), hangs.lines(), sweep == null ? List.of() : sweep.progress());
    }
}
