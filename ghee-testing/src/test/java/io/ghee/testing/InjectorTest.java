package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(value = 180, unit = TimeUnit.SECONDS)
class InjectorTest {
    private static final Moment ONCE_HALF = new Moment(0.5, Duration.ofSeconds(9));
    private static final Duration AGES = Duration.ofHours(1);

    private final List<String> log = new ArrayList<>();

    private Injector injector(TcpProxy proxy, Sabotage sabotage, Fault... faults) {
        return new Injector(List.of(faults), WorkerControl.named("job-i1"), proxy, sabotage, log::add);
    }

    @Test
    void faultsWaitForTheirMomentAndForSomethingToStrike() throws Exception {
        Fault reset = new Fault.ResetAll(ONCE_HALF);
        try (TcpProxy proxy = TcpProxy.open();
                ServerSocket server = Wire.listen()) {
            Injector injector = injector(proxy, null, reset);
            injector.tick(50, 100, Duration.ZERO);
            assertThat(injector.struck()).isEmpty();

            try (Wire wire = Wire.through(proxy, server)) {
                injector.tick(49, 100, Duration.ZERO);
                assertThat(wire.isSound()).isTrue();
                injector.tick(50, 100, Duration.ZERO);
                injector.tick(51, 100, Duration.ZERO);
            }

            assertThat(proxy.resets()).isEqualTo(1);
            assertThat(injector.struck()).containsExactly(reset);
            assertThat(log).hasSize(1).first().asString().contains("50 records", reset.toString());
        }
    }

    @Test
    void whatLastsEndsByItselfOrWithTheRun() throws Exception {
        try (TcpProxy proxy = TcpProxy.open();
                ServerSocket server = Wire.listen();
                Wire wire = Wire.through(proxy, server)) {
            Injector injector = injector(
                    proxy,
                    null,
                    new Fault.Delay(ONCE_HALF, 5, AGES, Duration.ofNanos(1)),
                    new Fault.Throttle(ONCE_HALF, 5, 1, AGES),
                    new Fault.HalfOpen(ONCE_HALF, 5, Direction.TO_DIALER, AGES));
            injector.tick(0, 0, Duration.ofSeconds(9));
            injector.tick(0, 0, Duration.ofSeconds(9));
            assertThat(injector.struck()).hasSize(3);
            assertThat(log).hasSize(4).last().asString().contains("over: delay");

            injector.end();

            assertThat(wire.isSound()).isTrue();
        }
    }

    @Test
    void aThreadIsKilledByItsNextRecord() throws Exception {
        Sabotage sabotage = Sabotage.fresh();
        try (TcpProxy proxy = TcpProxy.open()) {
            Injector injector = injector(
                    proxy, sabotage, new Fault.Kill(ONCE_HALF, "use", 0), new Fault.Kill(ONCE_HALF, "read", 0));
            injector.tick(50, 100, Duration.ZERO);
            assertThat(injector.struck()).isEmpty();

            assertThatThrownBy(() -> sabotage.pass("use")).isInstanceOf(InfrastructureException.class);
            injector.tick(51, 100, Duration.ZERO);

            assertThat(injector.struck()).hasSize(1);
            injector.end();
            // The other one never came.
            sabotage.pass("read");
            assertThat(injector.struck()).hasSize(1);
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the state of a process is read from /proc")
    void processesAreKilledAndPausedAndGoOn() throws Exception {
        WorkerControl control = WorkerControl.named("job-i1");
        try (TcpProxy proxy = TcpProxy.open();
                Child paused = Child.start("job-i1", "use", 0)) {
            Injector injector = injector(
                    proxy, null, new Fault.Pause(ONCE_HALF, "use", 0, AGES), new Fault.Kill(ONCE_HALF, "read", 1));
            injector.tick(50, 100, Duration.ZERO);
            assertThat(control.isPaused(control.worker("use", 0).orElseThrow())).isTrue();
            assertThat(injector.struck()).hasSize(1);

            try (Child killed = Child.start("job-i1", "read", 1)) {
                injector.tick(50, 100, Duration.ZERO);
                assertThat(killed.process().waitFor()).isEqualTo(137);
            }

            injector.end();
            paused.say("hello");
            assertThat(paused.hear()).isEqualTo("hello");
            assertThat(injector.struck()).hasSize(2);
        }
    }
}
