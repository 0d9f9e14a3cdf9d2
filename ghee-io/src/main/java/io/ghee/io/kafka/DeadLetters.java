package io.ghee.io.kafka;

import io.ghee.ConfigurationException;
import io.ghee.InputException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the records go that cannot be decoded. Each is kept there before the reading goes on behind it; what is read again
 * after a loss is kept again. So a malformed record is kept at least once, and can be told by its topic, partition and
 * offset. Immutable.
 */
public abstract sealed class DeadLetters implements Serializable {
    private final long most;

    private DeadLetters(long most) {
        this.most = most;
    }

    /**
     * A topic of the same cluster. The record is written as it was, key, headers and all, with headers more: {@code
     * ghee.topic}, {@code ghee.partition}, {@code ghee.offset}, {@code ghee.timestamp} and {@code ghee.error}, each as text.
     */
    public static DeadLetters topic(String name) {
        return new OfTopic(name, Long.MAX_VALUE);
    }

    /**
     * Files of JSON lines, one per worker that has any: with {@code topic}, {@code partition}, {@code offset}, {@code
     * timestamp}, {@code error}, and {@code key}, {@code value} and {@code headers} in Base64.
     *
     * @param path of the worker's file system; made if it is not there
     */
    public static DeadLetters directory(String path) {
        return new OfDirectory(path, Long.MAX_VALUE);
    }

    /**
     * The same place, for no more than {@code n} records of a job: with one more it fails, as then the topic is probably not
     * what it is taken for. Counted is every record that is kept, so what is kept again after a loss counts again.
     */
    public abstract DeadLetters atMost(long n);

    long most() {
        return most;
    }

    private static long checkMost(long n) {
        return ConfigurationException.check(n >= 0, "dead letters atMost", n, ">= 0");
    }

    /** Checks, on the driver, that there is such a place. */
    abstract void check(KafkaAdmin admin, Topics read) throws IOException;

    /** Opens it on a worker; nothing is made before the first record. */
    abstract DeadLetterWriter open(KafkaSettings settings);

    private static final class OfTopic extends DeadLetters {
        private final String topic;

        OfTopic(String topic, long most) {
            super(most);
            this.topic = ConfigurationException.check(!topic.isBlank(), "dead letters", topic, "the name of a topic");
        }

        @Override
        public DeadLetters atMost(long n) {
            return new OfTopic(topic, checkMost(n));
        }

        @Override
        void check(KafkaAdmin admin, Topics read) throws IOException {
            ConfigurationException.check(!read.include(topic), "dead letters", topic, "a topic that is not read");
            try {
                admin.partitions(topic);
            } catch (InputException e) {
                throw new ConfigurationException("dead letters: " + e.reason(), e);
            }
        }

        @Override
        DeadLetterWriter open(KafkaSettings settings) {
            return new DeadLetterWriter.ToTopic(topic, settings);
        }
    }

    private static final class OfDirectory extends DeadLetters {
        private final String path;

        OfDirectory(String path, long most) {
            super(most);
            this.path = ConfigurationException.check(!path.isBlank(), "dead letters", path, "a directory");
        }

        @Override
        public DeadLetters atMost(long n) {
            return new OfDirectory(path, checkMost(n));
        }

        @Override
        void check(KafkaAdmin admin, Topics read) {
            try {
                Files.createDirectories(Path.of(path));
            } catch (IOException e) {
                throw new ConfigurationException(
                        "dead letters: " + path + " cannot be made: " + e + " (expected: a writable directory)", e);
            }
        }

        @Override
        DeadLetterWriter open(KafkaSettings settings) {
            return new DeadLetterWriter.ToDirectory(Path.of(path));
        }
    }
}
