package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.plan.Plan;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.net.URI;
import java.time.DayOfWeek;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlanBytesTest {
    private static Plan plan() {
        int factor = 3;
        return Pipeline.named("plan")
                .readFrom(new Numbers(10, 1).epochs(2))
                .stage("read", replicas(2).memory("1Gi"))
                .map(number -> number * factor)
                .filter(number -> number > 0)
                .batch(4, Duration.ofMillis(5))
                .stage("write", replicas(1))
                .writeTo(new Written<Integer>("somewhere"))
                .plan();
    }

    @Test
    void aPlanComesBack() {
        Plan plan = PlanBytes.of(plan()).plan();

        assertThat(plan.source()).isEqualTo(plan().source());
        assertThat(plan.sink()).isEqualTo(plan().sink());
        assertThat(plan.stages())
                .extracting(stage -> stage.resources().toString())
                .containsExactly("2 replicas, 1 cpu, 1 GiB", "1 replica, 1 cpu");
        assertThat(plan.stage(0).steps()).hasSize(3);
        assertThat(plan.stage(1).input()).isEqualTo(plan().stage(1).input());
    }

    @Test
    void aClassThatTheDriverDidNotWriteIsRefused() {
        PlanBytes whole = PlanBytes.of(plan());
        Set<String> fewer = new TreeSet<>(whole.classes());
        assertThat(fewer.remove(Numbers.class.getName())).isTrue();

        assertThatThrownBy(() -> new PlanBytes(whole.bytes(), fewer, Map.of()).plan())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the pipeline cannot be read here");
    }

    @Test
    void damagedBytesAreRefused() {
        PlanBytes whole = PlanBytes.of(plan());
        byte[] cut = Arrays.copyOf(whole.bytes(), whole.bytes().length / 2);

        assertThatThrownBy(() -> new PlanBytes(cut, whole.classes(), Map.of()).plan())
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void damagedBytesAreReadOrRefused() {
        PlanBytes whole = PlanBytes.of(plan());
        SplittableRandom random = new SplittableRandom(1);
        int refused = 0;
        for (int k = 0; k < 3000; k++) {
            byte[] damaged = whole.bytes().clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            try {
                new PlanBytes(damaged, whole.classes(), Map.of()).plan();
            } catch (RuntimeException | LinkageError e) {
                // Whatever the classes of the plan make of damaged values; nothing was read that is not the plan's.
                refused++;
            }
        }
        assertThat(refused).isBetween(300, 3000);
    }

    @Test
    void onlyWhatThePlanHasMayBeRead() {
        assertThat(PlanBytes.of(plan()).classes())
                .contains(Plan.class.getName(), Numbers.class.getName(), PlanBytesTest.class.getName())
                .doesNotContain("java.util.PriorityQueue", "java.lang.reflect.Proxy", "java.lang.ProcessBuilder");
    }

    private static byte[] serialized(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    @Test
    void whatIsNoPartOfThePlanIsRefused() throws IOException {
        Set<String> classes = PlanBytes.of(plan()).classes();
        for (Object other : List.of(
                new PriorityQueue<>(List.of(1, 2)), new Date(), new Thread.State[3], URI.create("x"), new File("x"))) {
            byte[] bytes = serialized(other);
            assertThatThrownBy(() -> new PlanBytes(bytes, classes, Map.of()).plan())
                    .as("%s", other)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("filter status: REJECTED");
        }
    }

    @Test
    void nestingWithoutMeasureIsRefused() throws IOException {
        Object deep = new ArrayList<>();
        for (int k = 0; k < 600; k++) {
            deep = new ArrayList<>(List.of(deep));
        }
        byte[] bytes = serialized(deep);

        assertThatThrownBy(
                        () -> new PlanBytes(bytes, Set.of("java.util.ArrayList", "java.lang.Object"), Map.of()).plan())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("filter status: REJECTED");
    }

    /** Lambdas of a class inside another, and collections that are written as something else. */
    private static final class Inner {
        private static Plan plan() {
            List<Integer> few = List.of(1, 2);
            Set<DayOfWeek> days = EnumSet.of(DayOfWeek.MONDAY);
            Map<String, Duration> times = Map.of("x", Duration.ofDays(1));
            return Pipeline.named("inner")
                    .readFrom(new Numbers(10, 1))
                    .stage("read", replicas(1))
                    .filter(number -> few.contains(number) && days.size() == times.size())
                    .writeTo(new Written<Integer>("somewhere"))
                    .plan();
        }
    }

    @Test
    void whatIsWrittenAsAStandInComesBack() {
        assertThat(PlanBytes.of(Inner.plan()).plan().stages()).hasSize(1);
    }
}
