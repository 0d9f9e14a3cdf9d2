package io.ghee.io.kafka;

import static io.ghee.io.kafka.KafkaReading.all;
import static io.ghee.io.kafka.KafkaReading.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.source.SplitReader;
import java.security.Security;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.test.JaasUtils;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against a broker that asks who is there, and lets nobody read or write who is not allowed to. */
class KafkaSecurityTest {
    private static final Map<String, String> ADMIN =
            plain(JaasUtils.KAFKA_PLAIN_ADMIN, JaasUtils.KAFKA_PLAIN_ADMIN_PASSWORD);
    private static final Map<String, String> USER =
            plain(JaasUtils.KAFKA_PLAIN_USER1, JaasUtils.KAFKA_PLAIN_USER1_PASSWORD);

    private static KafkaClusterTestKit kit;
    private static Admin admin;

    private static Map<String, String> plain(String user, String password) {
        return Map.of(
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                        + password + "\";");
    }

    @BeforeAll
    static void start() throws Exception {
        // A name node in this JVM would take the brokers' logins for its own, which it does not need.
        Security.removeProvider("SaslPlainServer");
        kit = new KafkaClusterTestKit.Builder(new TestKitNodes.Builder()
                        .setNumBrokerNodes(1)
                        .setNumControllerNodes(1)
                        .setCombined(true)
                        .setBrokerSecurityProtocol(SecurityProtocol.SASL_PLAINTEXT)
                        .setControllerSecurityProtocol(SecurityProtocol.SASL_PLAINTEXT)
                        .build())
                .setConfigProp("offsets.topic.replication.factor", "1")
                .setConfigProp("transaction.state.log.replication.factor", "1")
                .setConfigProp("transaction.state.log.min.isr", "1")
                .build();
        kit.format();
        kit.startup();
        kit.waitForReadyBrokers();
        Map<String, Object> properties = new HashMap<>(ADMIN);
        properties.put("bootstrap.servers", kit.bootstrapServers());
        admin = Admin.create(properties);
        admin.createTopics(List.of(new NewTopic("hidden", 1, (short) 1), new NewTopic("readable", 1, (short) 1)))
                .all()
                .get(60, TimeUnit.SECONDS);
        admin.createAcls(List.of(new AclBinding(
                        new ResourcePattern(ResourceType.TOPIC, "readable", PatternType.LITERAL),
                        new AccessControlEntry(
                                "User:" + JaasUtils.KAFKA_PLAIN_USER1,
                                "*",
                                AclOperation.READ,
                                AclPermissionType.ALLOW))))
                .all()
                .get(60, TimeUnit.SECONDS);
        await("the broker knows of what is allowed")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !admin.describeAcls(AclBindingFilter.ANY)
                        .values()
                        .get(60, TimeUnit.SECONDS)
                        .isEmpty());
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("readable", "x")).get(60, TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        admin.close(Duration.ZERO);
        kit.close();
    }

    private static KafkaSource<String> source(String topic, Map<String, String> properties) {
        return Kafka.topic(topic, Payload.strings())
                .bootstrapServers(kit.bootstrapServers())
                .properties(properties);
    }

    @Test
    void propertiesOpenTheDoor() throws Exception {
        assertThat(all(source("readable", USER).untilLatest())).containsExactly("x");
    }

    @Test
    void aWrongPasswordIsSaidToBeOne() {
        KafkaSource<String> source = source("readable", plain(JaasUtils.KAFKA_PLAIN_USER1, "wrong"));
        assertThatThrownBy(() -> source.splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("topic readable at " + kit.bootstrapServers())
                .hasMessageContaining("who this is was not accepted")
                .hasMessageContaining("sasl.*");
    }

    @Test
    void whatOneMayNotReadIsSaid() throws Exception {
        KafkaSource<String> source = source("hidden", USER);
        assertThatThrownBy(() -> source.splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("topic hidden")
                .hasMessageContaining("not allowed")
                .hasMessageContaining("ACL");
        try (SplitReader<String> reader = source.open(new KafkaSplit("hidden", 0, 0, KafkaSplit.NEVER))) {
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("reading [hidden-0]")
                    .hasMessageContaining("not allowed");
        }
    }

    @Test
    void whatOneMayNotWriteIsSaid() throws Exception {
        KafkaSink<String> sink = Kafka.to("readable", Payload.strings())
                .bootstrapServers(kit.bootstrapServers())
                .properties(USER);
        CursorTopic cursor = new CursorTopic(CursorTopic.DEFAULT_NAME, sink.settings());
        assertThatThrownBy(() -> new TransactionalWriter<>(sink, "job-0", cursor))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("writing to readable as job-0")
                .hasMessageContaining("not allowed");
        assertThatThrownBy(() -> cursor.fence(List.of("job-0")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("fencing of [job-0]");
        assertThatThrownBy(cursor::create)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(CursorTopic.DEFAULT_NAME);
    }
}
