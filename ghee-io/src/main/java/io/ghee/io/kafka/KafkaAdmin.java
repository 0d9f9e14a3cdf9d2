package io.ghee.io.kafka;

import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** What the brokers are asked, each question with a deadline. */
final class KafkaAdmin implements AutoCloseable {
    private static final long RETRY_MILLIS = 100;

    private final KafkaSettings settings;
    private final Admin admin;
    private final Duration deadline;

    KafkaAdmin(KafkaSettings settings) {
        this.settings = settings;
        this.deadline = settings.deadline();
        try {
            this.admin = Admin.create(settings.admin());
        } catch (KafkaException e) {
            throw KafkaErrors.of(e, "a connection", settings);
        }
    }

    /** All partitions of a topic. */
    List<TopicPartition> partitions(String topic) throws IOException {
        KafkaFuture<TopicDescription> description = admin.describeTopics(List.of(topic))
                .topicNameValues()
                .getOrDefault(topic, KafkaFuture.completedFuture(null));
        List<TopicPartition> partitions = new ArrayList<>();
        await(description, "topic " + topic)
                .partitions()
                .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        return partitions;
    }

    /** The names of the topics that match; those that begin with two underscores are nobody's input. */
    List<String> topics(Pattern pattern) throws IOException {
        List<String> matching = await(admin.listTopics().names(), "the list of topics").stream()
                .filter(name -> !name.startsWith("__") && pattern.matcher(name).matches())
                .sorted()
                .toList();
        if (matching.isEmpty()) {
            throw new InputException("topics " + pattern + " at " + settings.servers()
                    + ": none matches (expected: at least one, that this principal may see)");
        }
        return matching;
    }

    /**
     * An offset of each partition; -1 where the specification fits none.
     *
     * @param isolation whether the latest offset is behind what was committed, or behind what was written
     */
    Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions, OffsetSpec which, IsolationLevel isolation)
            throws IOException {
        Map<TopicPartition, OffsetSpec> wanted =
                partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which));
        ListOffsetsResult result = admin.listOffsets(wanted, new ListOffsetsOptions(isolation));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            offsets.put(
                    partition,
                    await(result.partitionResult(partition), "offsets of " + partition)
                            .offset());
        }
        return offsets;
    }

    /** Where a consumer group is; without those partitions where it is nowhere. */
    Map<TopicPartition, Long> committed(String group, Collection<TopicPartition> partitions) throws IOException {
        Map<TopicPartition, OffsetAndMetadata> all = await(
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(), "offsets of group " + group);
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata committed = all.get(partition);
            if (committed != null) {
                offsets.put(partition, committed.offset());
            }
        }
        return offsets;
    }

    /** Sets where a consumer group is. */
    void commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) throws IOException {
        await(admin.alterConsumerGroupOffsets(group, offsets).all(), "committing offsets of group " + group);
    }

    int brokers() throws IOException {
        return await(admin.describeCluster().nodes(), "the list of brokers").size();
    }

    /** The configuration of a topic. */
    Config config(String topic) throws IOException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<ConfigResource, Config> configs =
                await(admin.describeConfigs(List.of(resource)).all(), "configuration of topic " + topic);
        Config config = configs.get(resource);
        return config == null ? new Config(List.of()) : config;
    }

    void create(NewTopic topic) throws IOException {
        await(admin.createTopics(List.of(topic)).all(), "creation of topic " + topic.name());
    }

    /** The transactional ids that the brokers know, of those that begin with {@code prefix}. */
    List<String> transactionalIds(String prefix) throws IOException {
        long start = System.nanoTime();
        while (true) {
            try {
                return await(admin.listTransactions().all(), "the list of transactions").stream()
                        .map(TransactionListing::transactionalId)
                        .filter(id -> id.startsWith(prefix))
                        .toList();
            } catch (InfrastructureException e) {
                if (!isOfLostBroker(e) || System.nanoTime() - start > deadline.toNanos()) {
                    throw e;
                }
                pause("the list of transactions");
            }
        }
    }

    /**
     * Kafka's client asks all brokers, and stumbles over one that has died and is not known to be dead, instead of asking again
     * (4.3.1: {@code AllBrokersStrategy} refuses the key of a single broker).
     */
    private static boolean isOfLostBroker(InfrastructureException e) {
        return e.getCause() instanceof ExecutionException thrown
                && thrown.getCause() instanceof IllegalArgumentException;
    }

    private static void pause(String what) throws InterruptedIOException {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            throw interrupted(e, what);
        }
    }

    /** Ends what writers with these ids have under way, and refuses what they are going to do. */
    void fence(Collection<String> transactionalIds) throws IOException {
        await(admin.fenceProducers(transactionalIds).all(), "fencing of " + transactionalIds);
    }

    private <V> V await(KafkaFuture<V> future, String what) throws IOException {
        try {
            // Kafka's own deadline comes first, and says more
            return future.get(deadline.plusSeconds(5).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw KafkaErrors.of(e, what, settings);
        } catch (InterruptedException e) {
            throw interrupted(e, what);
        }
    }

    private static InterruptedIOException interrupted(InterruptedException e, String what) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted = new InterruptedIOException(what);
        interrupted.initCause(e);
        return interrupted;
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
