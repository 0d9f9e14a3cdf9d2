package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FaultScheduleTest {
    private final Pipeline pipeline = Pipeline.named("two")
            .readFrom(Text.lines("in"))
            .stage("read", replicas(2))
            .stage("write", replicas(3))
            .writeTo(Text.to("out"));

    @Test
    void theSameSeedGivesTheSameScheduleEverywhere() {
        FaultSchedule schedule = FaultSchedule.seeded(42, pipeline).faults(5).build();

        assertThat(FaultSchedule.seeded(42, pipeline).faults(5).build())
                .isEqualTo(schedule)
                .hasToString(schedule.toString());
        assertThat(schedule).hasToString("""
                        seed 42, 5 faults
                          1. reset one connection (pick 243) at 3 % of the records or after 0.9 s
                          2. delay a link (pick 170) by 2 ms for 1631 ms at 10 % of the records or after 3.0 s
                          3. delay a link (pick 182) by 186 ms for 535 ms at 32 % of the records or after 9.6 s
                          4. pause read-0 for 164 ms at 61 % of the records or after 18.3 s
                          5. kill write-1 at 74 % of the records or after 22.2 s""");
    }

    @Test
    void seedsDiffer() {
        Set<String> all = LongStream.range(0, 100)
                .mapToObj(seed -> FaultSchedule.seeded(seed, pipeline).build().toString())
                .collect(Collectors.toSet());

        assertThat(all).hasSize(100).allSatisfy(text -> assertThat(text).startsWith("seed "));
    }

    @Test
    void allKindsAndAllWorkersHaveTheirTurn() {
        Set<Fault.Kind> kinds = new HashSet<>();
        Set<String> killed = new HashSet<>();
        for (Fault fault :
                FaultSchedule.seeded(1, pipeline).faults(1000).build().faults()) {
            kinds.add(fault.kind());
            assertThat(fault.at().share()).isBetween(0.02, 0.95);
            if (fault instanceof Fault.Kill kill) {
                killed.add(kill.stage() + "-" + kill.replica());
            }
        }

        assertThat(kinds).containsExactlyInAnyOrder(Fault.Kind.values());
        assertThat(killed).containsExactlyInAnyOrder("read-0", "read-1", "write-0", "write-1", "write-2");
    }

    @Test
    void onlyWhatMayHappenHappensToThoseItMayHappenTo() {
        FaultSchedule schedule = FaultSchedule.seeded(7, pipeline)
                .faults(200)
                .kinds(Fault.Kind.KILL, Fault.Kind.PAUSE)
                .workersOf("write")
                .latest(Duration.ofSeconds(3))
                .longest(Duration.ofMillis(100))
                .build();

        assertThat(schedule.needsLinks()).isFalse();
        assertThat(schedule.faults()).hasSize(200).allSatisfy(fault -> {
            assertThat(fault.at().latest()).isLessThan(Duration.ofSeconds(3));
            assertThat(fault.toString()).matches("(kill|pause) write-\\d .*");
        });
        assertThat(schedule.faults()).isSortedAccordingTo((a, b) -> Double.compare(a.at().share(), b.at().share()));
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        FaultSchedule.Builder builder = FaultSchedule.seeded(7, pipeline);

        assertThatThrownBy(() -> builder.workersOf("writ"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("[read, write]");
        assertThatThrownBy(() -> builder.faults(-1)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> builder.kinds(EnumSet.noneOf(Fault.Kind.class)))
                .isInstanceOf(ConfigurationException.class);
        builder.workersOf();
        assertThatThrownBy(builder::build).isInstanceOf(ConfigurationException.class);
        assertThat(builder.kinds(Fault.Kind.CUT).build().needsLinks()).isTrue();
    }

    @Test
    void aMomentComesByProgressOrByTime() {
        Moment moment = new Moment(0.25, Duration.ofSeconds(4));

        assertThat(moment.isDue(24, 100, Duration.ZERO)).isFalse();
        assertThat(moment.isDue(25, 100, Duration.ZERO)).isTrue();
        assertThat(moment.isDue(0, 100, Duration.ofSeconds(4))).isTrue();
        assertThat(moment.isDue(25, 0, Duration.ZERO)).isFalse();
        assertThat(moment).hasToString("at 25 % of the records or after 4.0 s");
        assertThatThrownBy(() -> new Moment(1.1, Duration.ZERO)).isInstanceOf(ConfigurationException.class);
    }
}
