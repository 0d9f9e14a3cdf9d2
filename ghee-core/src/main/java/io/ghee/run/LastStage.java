package io.ghee.run;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Where the replicas of the last stage wait for one another: at the end of each pass, and at the end. Guarded by the driver. */
final class LastStage {
    private final boolean drops;
    private final int teamSize;
    private List<Integer> members = List.of();
    private final BitSet arrived = new BitSet();
    private final TreeMap<Integer, Map<Integer, Integer>> batches = new TreeMap<>();
    private final TreeMap<Integer, String> committables = new TreeMap<>();
    private int attempt;
    /** Some generation of this attempt has begun. */
    private boolean begun;

    /**
     * @param drops what is too much for some is dropped, and not filled up for the others
     * @param teamSize how many are to have the same number of batches
     * @param first the number of its first attempt
     */
    LastStage(boolean drops, int teamSize, int first) {
        this.drops = drops;
        this.teamSize = teamSize;
        this.attempt = first;
    }

    int attempt() {
        return attempt;
    }

    /** One of its replicas was lost: all of them begin anew. */
    void rewind() {
        attempt++;
        begun = false;
        arrived.clear();
        batches.clear();
        committables.clear();
    }

    /** A generation begins: whoever has arrived at the end of the pass arrives again. */
    void begin(List<Integer> takingPart) {
        begun = true;
        members = takingPart;
        arrived.clear();
    }

    /** True if some generation of the attempt at hand has begun. */
    boolean hasBegun() {
        return begun;
    }

    /**
     * True if some replica is not in the attempt at hand any more, though all were: it could not go on, perhaps while others
     * were lost, and has nothing of what had arrived.
     */
    boolean hasLostOneOf(List<Standing> standings) {
        return begun
                && members.stream().anyMatch(replica -> standings.get(replica).attempt() != attempt);
    }

    /** A replica has been given all of the pass at hand; true if all have. */
    boolean arrive(int replica) {
        arrived.set(replica);
        if (arrived.cardinality() < members.size()) {
            return false;
        }
        arrived.clear();
        return true;
    }

    /** Some replica has been given all of the pass at hand. */
    boolean isEnding() {
        return !arrived.isEmpty();
    }

    /** A rank has so many batches of a pass; how many each is to have, once all have told. */
    OptionalInt evenOut(int replica, int epoch, int count) {
        batches.headMap(epoch - 1).clear();
        Map<Integer, Integer> counts = batches.computeIfAbsent(epoch, e -> new HashMap<>());
        counts.put(replica, count);
        List<Integer> team = members.stream()
                .filter(each -> each / teamSize == replica / teamSize)
                .toList();
        if (!counts.keySet().containsAll(team)) {
            return OptionalInt.empty();
        }
        IntStream each = team.stream().mapToInt(counts::get);
        return drops ? each.min() : each.max();
    }

    /** A replica has done all its work. */
    void finish(int replica, String committable) {
        committables.put(replica, committable);
    }

    /** What one has finished is of no use. */
    void discard(int replica) {
        committables.remove(replica);
    }

    /** What is left of one that does not take part any more stays; it is not waited for. */
    void forget(int replica) {
        members = members.stream().filter(each -> each != replica).toList();
    }

    /** What the replicas have finished, in order. */
    List<String> committables() {
        return List.copyOf(committables.values());
    }
}
