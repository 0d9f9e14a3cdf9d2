package io.ghee.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CarrierTest {
    private static final int ENOUGH = 500;
    private static final DataSize BUDGET = DataSize.mebibytes(4);

    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private void start(Carrier.End end, String peer, Meter meter) {
        Thread thread = new Thread(() -> {
            try {
                end.run(peer, meter);
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
        // The ends go on until their process ends.
        thread.setDaemon(true);
        thread.start();
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void everyWayDeliversWhatWasSent(Variant variant) throws Exception {
        Carrier.Load load = new Carrier.Load(4096, BUDGET);
        Carrier.End receiver = variant.carrier().receiver(load);
        Carrier.End sender = variant.carrier().sender(load);
        Meter received = new Meter();
        Meter sent = new Meter();
        start(receiver, sender.endpoint(), received);
        start(sender, receiver.endpoint(), sent);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> received.read().messages() > ENOUGH || failure.get() != null);
        sent.pause(true);
        assertThat(failure.get()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"256", "4096", "65536"})
    void anotherMessageThanTheExpectedIsNoticed(int size) {
        ByteBuffer message = ByteBuffer.wrap(Numbered.template(size));
        Numbered.number(message, 0, size, 7);
        Numbered.check(message, 0, size, 7);
        assertThatThrownBy(() -> Numbered.check(message, 0, size, 8)).hasMessageContaining("bears 7");
        message.put(size - 1, (byte) 0);
        assertThatThrownBy(() -> Numbered.check(message, 0, size, 7)).isInstanceOf(IllegalStateException.class);
        for (Batches batches : new Batches[] {Batches.ofBytes(size), Batches.ofColumns(size), Batches.ofFloats(size)}) {
            batches.check(batches.batch(7), 7);
            assertThatThrownBy(() -> batches.check(batches.batch(7), 8)).hasMessageContaining("bears 7");
        }
        Batches small = Batches.ofSmall(10);
        small.check(small.batch(7), 7);
        assertThatThrownBy(() -> small.check(small.batch(7), 8)).hasMessageContaining("bears 70");
    }
}
