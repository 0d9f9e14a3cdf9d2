package io.ghee.train;

import io.ghee.ConfigurationException;
import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One training of a sweep.
 *
 * @param number its place among the trials, from 1
 * @param parameters what it is to be trained with, by name: strings, booleans, and boxed numbers
 */
public record Trial(int number, Map<String, Object> parameters) implements Serializable {
    public Trial {
        parameters = new TreeMap<>(parameters);
    }

    /** {@code l2=0.1 learningRate=0.01}. */
    public String name() {
        return parameters.entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining(" "));
    }

    /**
     * A parameter that is a number.
     *
     * @throws io.ghee.ConfigurationException if there is none of this name
     */
    public double number(String name) {
        Object value = parameters.get(name);
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new ConfigurationException("parameter " + name + ": " + value + " (expected: a number)");
    }

    /**
     * A parameter as text.
     *
     * @throws io.ghee.ConfigurationException if there is none of this name
     */
    public String text(String name) {
        Object value = parameters.get(name);
        if (value == null) {
            throw new ConfigurationException(
                    "parameter " + name + ": none (expected: one of " + parameters.keySet() + ")");
        }
        return value.toString();
    }
}
