package io.ghee.plan;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.distribution.Distribution;
import io.ghee.function.RecordFunction;
import io.ghee.testing.ListSource;
import java.io.Serializable;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A function that could not be sent to another process is refused on the line that attaches it. */
class ShippingTest {
    /** Something like an open connection. */
    static final class Connection {
        int send(int n) {
            return n;
        }
    }

    static final class Client implements Serializable {
        private static final long serialVersionUID = 1;

        final Connection connection = new Connection();
    }

    static final class Sender implements RecordFunction<Integer, Integer> {
        private static final long serialVersionUID = 1;

        private final Connection connection = new Connection();

        @Override
        public Integer apply(Integer n) {
            return connection.send(n);
        }
    }

    static final class Lazy implements RecordFunction<Integer, Integer> {
        private static final long serialVersionUID = 1;

        private final transient Connection connection = new Connection();

        @Override
        public Integer apply(Integer n) {
            return connection.send(n);
        }
    }

    private static final RecordStage<Integer> STAGE =
            Pipeline.named("shipped").readFrom(ListSource.numbers(1, 1)).stage("only", replicas(1));

    private static int line() {
        return StackWalker.getInstance()
                .walk(frames -> frames.skip(1).findFirst().orElseThrow().getLineNumber());
    }

    private static void assertRefused(Supplier<?> attach, String... parts) {
        ConfigurationException refused = catchThrowableOfType(ConfigurationException.class, attach::get);
        assertThat(refused).isNotNull().hasMessageContaining("cannot be sent to a worker");
        assertThat(refused.reason()).contains(parts);
    }

    @Test
    void aLambdaThatCapturesAConnectionIsRefusedNamingClassFileAndLine() {
        Connection connection = new Connection();

        Supplier<?> attach = () -> STAGE.map(n -> connection.send(n));
        int attached = line() - 1;

        assertRefused(
                attach, "map at ShippingTest.java:" + attached + " captures " + Connection.class.getName() + ", which");
    }

    @Test
    void whatIsInsideACapturedValueIsNamedToo() {
        Client client = new Client();

        assertRefused(
                () -> STAGE.filter(n -> client.connection.send(n) > 0),
                "filter at ShippingTest.java:",
                Client.class.getName() + ", and in it " + Connection.class.getName());
    }

    @Test
    void theFieldOfAFunctionObjectIsNamed() {
        assertRefused(() -> STAGE.map(new Sender()), Connection.class.getName() + " (field connection)");
    }

    @Test
    void theTestItselfIsCapturedByAMethodOfItsOwn() {
        assertRefused(() -> STAGE.map(this::increment), ShippingTest.class.getName());
    }

    private int increment(int n) {
        return n + 1;
    }

    @Test
    void everyWayToAttachAFunctionChecksIt() {
        Connection c = new Connection();

        assertRefused(() -> STAGE.flatMap(n -> List.of(c.send(n))), "flatMap at ");
        assertRefused(() -> STAGE.holdOut(n -> c.send(n) > 0), "holdOut at ");
        assertRefused(() -> STAGE.mapWith(replica -> c, (opened, n) -> n), "mapWith at ");
        assertRefused(() -> STAGE.mapWith(replica -> replica, (opened, n) -> c.send(n)), "mapWith at ");
        assertRefused(() -> STAGE.distribute(Distribution.byKey(n -> c.send(n))), "byKey at ");
        assertRefused(() -> STAGE.batch(1).map(batch -> List.of(c.send(1))), "map at ");
        assertRefused(() -> STAGE.batch(1).mapWith(replica -> c, (opened, batch) -> List.of(1)), "mapWith at ");
        assertRefused(() -> STAGE.batch(1).tally("n", batch -> c.send(1)), "tally at ");
        assertRefused(
                () -> STAGE.batch(1).train(context -> {
                    c.send(1);
                    return null;
                }),
                "train at ");
    }

    @Test
    void whatCanBeSentIsLabelledByItsNameOrItsPlace() {
        String suffix = "!";

        assertThat(Shipping.check((RecordFunction<String, String>) String::strip, "map"))
                .isEqualTo("String::strip");
        assertThat(Shipping.check((RecordFunction<String, StringBuilder>) StringBuilder::new, "map"))
                .isEqualTo("StringBuilder::new");
        assertThat(Shipping.check((RecordFunction<Connection, Connection>) Nested::same, "map"))
                .isEqualTo("Nested::same");
        assertThat(Shipping.check(new Lazy(), "map")).isEqualTo("Lazy");
        int next = line() + 1;
        assertThat(Shipping.check((RecordFunction<String, String>) text -> text + suffix, "map"))
                .isEqualTo("lambda at ShippingTest.java:" + next);
    }

    static final class Nested {
        static Connection same(Connection connection) {
            return connection;
        }
    }
}
