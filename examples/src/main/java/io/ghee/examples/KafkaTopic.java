package io.ghee.examples;

import io.ghee.ConfigurationException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A topic as options name it: {@code kafka://HOST:PORT/TOPIC}.
 *
 * @param servers the brokers to ask first: {@code host:9092,...}
 */
public record KafkaTopic(String servers, String name) {
    private static final Pattern URI = Pattern.compile("kafka://([^/]+)/([^/]+)");

    /** Empty if it is something else. */
    public static Optional<KafkaTopic> find(String text) {
        Matcher uri = URI.matcher(text);
        return uri.matches() ? Optional.of(new KafkaTopic(uri.group(1), uri.group(2))) : Optional.empty();
    }

    /**
     * The topic that an option names.
     *
     * @throws ConfigurationException if it is something else
     */
    public static KafkaTopic parse(String option, String text) {
        return find(text)
                .orElseThrow(() ->
                        new ConfigurationException(option + ": \"" + text + "\" (expected: kafka://HOST:PORT/TOPIC)"));
    }

    @Override
    public String toString() {
        return "kafka://" + servers + "/" + name;
    }
}
