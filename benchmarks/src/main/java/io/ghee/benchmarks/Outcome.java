package io.ghee.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a program says of its run.
 *
 * @param records train records over all epochs
 * @param stall share of the train time spent waiting for batches; null if not measured
 * @param rmse on the held-out records; null if not measured
 * @param rowSum the sum of all train rows of one epoch; null if not measured
 */
record Outcome(
        long records,
        double recordsPerSecond,
        @Nullable Double stall,
        @Nullable Double rmse,
        @Nullable Long rowSum) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads a report of the job, or the line that a peer prints.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static Outcome read(String json, int epochs) {
        JsonNode node;
        try {
            node = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + json, e);
        }
        JsonNode rate = first(node, "recordsPerSecond", "records_per_s");
        if (!node.path("records").isNumber() || rate == null) {
            throw new IllegalArgumentException("no records and records per second in " + json);
        }
        JsonNode stall = first(node, "stallShare", "stall");
        JsonNode rmse = first(node, "rmse");
        JsonNode epochSum = first(node, "rowSum");
        JsonNode sum = first(node, "sum");
        return new Outcome(
                node.path("records").asLong(),
                rate.asDouble(),
                stall == null ? null : stall.asDouble(),
                rmse == null ? null : rmse.asDouble(),
                epochSum != null ? (Long) epochSum.asLong() : sum != null ? (Long) (sum.asLong() / epochs) : null);
    }

    private static @Nullable JsonNode first(JsonNode node, String... names) {
        for (String name : names) {
            if (node.path(name).isNumber()) {
                return node.path(name);
            }
        }
        return null;
    }

    /** The last line that is a JSON object; programs may say other things before it. */
    static String lastObject(List<String> lines) {
        for (int k = lines.size() - 1; k >= 0; k--) {
            if (lines.get(k).startsWith("{")) {
                return lines.get(k);
            }
        }
        throw new IllegalArgumentException("no line of JSON among " + lines.size() + " lines");
    }
}
