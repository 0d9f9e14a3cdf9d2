package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.function.RecordFunction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SabotageTest {
    private final Sabotage sabotage = Sabotage.fresh();

    @AfterEach
    void clear() {
        sabotage.clear();
    }

    @Test
    void theRecordAfterSoManyKillsOnce() throws Exception {
        RecordFunction<Integer, Integer> twice = sabotage.map("use", number -> 2 * number);
        Sabotage.Trap trap = sabotage.lay("use", 2);

        assertThat(twice.apply(1)).isEqualTo(2);
        assertThat(twice.apply(2)).isEqualTo(4);
        assertThat(trap.isSprung()).isFalse();
        assertThatThrownBy(() -> twice.apply(3))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("use")
                .hasMessageContaining("killed by the fault kit");
        assertThat(trap.isSprung()).isTrue();
        assertThat(twice.apply(3)).isEqualTo(6);
    }

    @Test
    void allKindsOfFunctionsAreWrapped() throws Exception {
        assertThat(sabotage.filter("use", n -> true).test(1)).isTrue();
        assertThat(sabotage.flatMap("use", n -> List.of(n, n)).apply(1)).hasSize(2);
        assertThat(sabotage.<Integer, Integer>mapBatches("use", Batch::records).apply(Batch.of(List.of(1, 2))))
                .containsExactly(1, 2);
        sabotage.lay("use", 0);
        sabotage.lay("use", 1);
        sabotage.lay("use", 2);
        assertThatThrownBy(() -> sabotage.filter("use", n -> true).test(1)).isInstanceOf(InfrastructureException.class);
        assertThatThrownBy(() -> sabotage.flatMap("use", n -> List.of(n, n)).apply(1))
                .isInstanceOf(InfrastructureException.class);
        assertThatThrownBy(() -> sabotage.<Integer, Integer>mapBatches("use", Batch::records)
                        .apply(Batch.of(List.of(1, 2))))
                .isInstanceOf(InfrastructureException.class);
    }

    @Test
    void otherStagesAndOtherSabotagesGoOn() {
        sabotage.lay("use", 0);

        sabotage.pass("read");
        Sabotage.fresh().pass("use");
        assertThatThrownBy(() -> sabotage.pass("use")).isInstanceOf(InfrastructureException.class);
    }

    @Test
    void whatIsClearedDoesNotSpring() {
        Sabotage.Trap trap = sabotage.lay("use", 0);
        sabotage.clear();

        sabotage.pass("use");
        assertThat(trap.isSprung()).isFalse();
    }

    @Test
    @SuppressWarnings("unchecked")
    void aCopyInThisJvmHasTheSameTraps() throws Exception {
        RecordFunction<Integer, Integer> function = sabotage.map("use", number -> number);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(function);
        }
        Object copy;
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            copy = in.readObject();
        }
        sabotage.lay("use", 0);

        assertThatThrownBy(() -> ((RecordFunction<Integer, Integer>) copy).apply(1))
                .isInstanceOf(InfrastructureException.class);
    }

    @Test
    void manyThreadsOneDeathPerTrap() throws Exception {
        sabotage.lay("use", 1000);
        sabotage.lay("use", 5000);
        AtomicInteger deaths = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int k = 0; k < 4; k++) {
                tasks.add(() -> {
                    for (int n = 0; n < 5000; n++) {
                        try {
                            sabotage.pass("use");
                        } catch (InfrastructureException e) {
                            deaths.incrementAndGet();
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> task : threads.invokeAll(tasks)) {
                task.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(deaths).hasValue(2);
    }
}
