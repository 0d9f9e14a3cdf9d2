package io.ghee.io.kafka;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** What the errors of Kafka's clients mean to a user. */
final class KafkaErrors {
    private KafkaErrors() {}

    /**
     * The exception for what a client has thrown.
     *
     * @param what what was asked, as the beginning of a sentence: {@code "offsets of clicks"}
     */
    static GheeException of(Throwable thrown, String what, KafkaSettings settings) {
        Throwable cause = root(thrown);
        String at = what + " at " + settings.servers() + ": ";
        if (cause instanceof GheeException ghee) {
            return ghee;
        }
        if (cause instanceof ConfigException config) {
            return refused(config);
        }
        if (cause instanceof AuthenticationException) {
            return new ConfigurationException(
                    at + "who this is was not accepted: " + message(cause)
                            + " (expected: credentials in sasl.* or ssl.*, for the security.protocol of the brokers)",
                    thrown);
        }
        if (cause instanceof AuthorizationException) {
            return new ConfigurationException(
                    at + "not allowed: " + message(cause)
                            + " (expected: an ACL for this principal; READ and DESCRIBE to read, WRITE and DESCRIBE to"
                            + " write, on the transactional ids, too)",
                    thrown);
        }
        if (cause instanceof UnknownTopicOrPartitionException || cause instanceof InvalidTopicException) {
            return new InputException(
                    at + message(cause) + " (expected: a topic that is there; ghee creates none)", thrown);
        }
        if (isFenced(cause)) {
            return new InfrastructureException(
                    at + "another job of this name has taken over, or the transaction was open for longer than"
                            + " transaction.timeout.ms; what was not committed is discarded",
                    thrown);
        }
        if (cause instanceof UnknownMemberIdException) {
            return new ConfigurationException(
                    at + message(cause)
                            + " (expected: a group that has no running consumers, a groupId of this job's own)",
                    thrown);
        }
        if (cause instanceof RecordTooLargeException) {
            return new ConfigurationException(
                    at + message(cause)
                            + " (expected: less than max.request.size here, and max.message.bytes of the topic)",
                    thrown);
        }
        if (cause instanceof UnsupportedVersionException) {
            return new ConfigurationException(
                    at + message(cause) + " (expected: brokers of Kafka 2.5 or newer)", thrown);
        }
        if (cause instanceof java.util.concurrent.TimeoutException || cause instanceof RetriableException) {
            return new InfrastructureException(
                    at + "no answer in time: " + message(cause)
                            + " (expected: brokers that are up and can be reached from here; is bootstrap.servers right?)",
                    thrown);
        }
        return new InfrastructureException(at + message(cause), thrown);
    }

    /** True if what a client has thrown says that another producer has its transactional id by now. */
    static boolean isFenced(@Nullable Throwable thrown) {
        Throwable cause = thrown == null ? null : root(thrown);
        return cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException;
    }

    static ConfigurationException refused(ConfigException e) {
        return new ConfigurationException("Kafka refuses its properties: " + e.getMessage(), e);
    }

    /** Below the wrappers: what says most. */
    private static Throwable root(Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof java.util.concurrent.ExecutionException || cause.getClass() == KafkaException.class)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String message(Throwable cause) {
        return cause.getClass().getSimpleName() + (cause.getMessage() == null ? "" : ", " + cause.getMessage());
    }
}
