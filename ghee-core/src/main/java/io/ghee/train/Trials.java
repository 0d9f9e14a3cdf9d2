package io.ghee.train;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a sweep tries. A value: every method returns a changed copy.
 *
 * <pre>{@code Trials.grid(Map.of("learningRate", List.of(0.001, 0.01), "l2", List.of(0, 1e-4))).stopBy(EarlyStopping.median("loss", 20))}</pre>
 */
public record Trials(List<Trial> all, EarlyStopping stopping) implements Serializable {
    public Trials {
        check(!all.isEmpty(), "trials", all, "at least one");
        all = List.copyOf(all);
    }

    /** One trial for each of these sets of parameters. */
    public static Trials of(List<Map<String, Object>> parameters) {
        List<Trial> trials = new ArrayList<>();
        for (Map<String, Object> each : parameters) {
            trials.add(new Trial(trials.size() + 1, each));
        }
        return new Trials(trials, EarlyStopping.NEVER);
    }

    /** All combinations of these values, in the order of the names and, for each, of its values. */
    public static Trials grid(Map<String, ? extends List<?>> values) {
        List<Map<String, Object>> combinations = new ArrayList<>();
        combinations.add(Map.of());
        for (Map.Entry<String, List<?>> parameter : new TreeMap<String, List<?>>(values).entrySet()) {
            check(!parameter.getValue().isEmpty(), "values of " + parameter.getKey(), "none", "at least one");
            List<Map<String, Object>> longer = new ArrayList<>();
            for (Map<String, Object> before : combinations) {
                for (Object value : parameter.getValue()) {
                    Map<String, Object> more = new LinkedHashMap<>(before);
                    more.put(parameter.getKey(), value);
                    longer.add(more);
                }
            }
            combinations = longer;
        }
        return of(combinations);
    }

    /** Stops trials that do worse than others. */
    public Trials stopBy(EarlyStopping how) {
        return new Trials(all, how);
    }

    /** How many there are. */
    public int size() {
        return all.size();
    }
}
