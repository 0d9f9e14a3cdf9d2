package io.ghee.io.kafka;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A header of a record. A record may have several of one name.
 *
 * @param value not copied, and not to be changed
 */
public record KafkaHeader(String name, byte @Nullable [] value) {
    /** A header of text, in UTF-8. */
    public static KafkaHeader of(String name, String value) {
        return new KafkaHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The value as text in UTF-8; null if it has none. */
    public @Nullable String text() {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
}
