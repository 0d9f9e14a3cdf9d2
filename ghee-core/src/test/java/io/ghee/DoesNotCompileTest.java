package io.ghee;

import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.testing.Compiled;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot work does not compile. Every snippet has a twin that compiles, so that it fails for the reason named. */
class DoesNotCompileTest {
    private static final String CLASS = """
            import static io.ghee.Resources.replicas;
            import static io.ghee.distribution.Distribution.*;
            import io.ghee.*;
            import io.ghee.source.*;
            import io.ghee.testing.*;
            import io.ghee.train.*;

            class Snippet {
                record Rating(int user, float stars) {}

                static Drain onRatings(TrainContext<Rating> context) {
                    return Drain.train(context);
                }

                static Rating rate(Integer n) {
                    return new Rating(n, 1);
                }

                static void declare(BoundedSource<Integer> numbers, Source<Integer> endless) {
                    RecordStage<Integer> stage = Pipeline.named("p").readFrom(numbers).stage("s", replicas(1));
                    %s
                }
            }
            """;

    private static final long LINE =
            CLASS.lines().takeWhile(line -> !line.contains("%s")).count() + 1;

    /**
     * One thing that cannot work.
     *
     * @param twin differs from {@code snippet} in what makes it work
     * @param error a part of what the compiler says
     */
    record Case(String what, String snippet, String twin, String error) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Case> cases() {
        return List.of(
                new Case(
                        "epochs of a source that may never end",
                        "endless.epochs(2);",
                        "numbers.epochs(2);",
                        "cannot find symbol"),
                new Case(
                        "epochs of epochs",
                        "numbers.epochs(2).epochs(2);",
                        "numbers.epochs(2).passes();",
                        "cannot find symbol"),
                new Case(
                        "a pipeline without a sink",
                        "Ghee.local().launch(stage.map(n -> n + 1));",
                        "Ghee.local().launch(stage.map(n -> n + 1).writeTo(new CollectSink<Integer>()));",
                        "conforms to io.ghee.Pipeline"),
                new Case(
                        "a trained pipeline without a sink",
                        "Ghee.local().launch(stage.batch(4).train(Drain::train));",
                        "Ghee.local().launch(stage.batch(4).train(Drain::train).writeTo(new CollectSink<Drain>()));",
                        "incompatible"),
                new Case(
                        "training on records that are not batched",
                        "stage.map(Snippet::rate).train(Snippet::onRatings);",
                        "stage.map(Snippet::rate).batch(4).train(Snippet::onRatings);",
                        "cannot find symbol"),
                new Case(
                        "training on raw strings",
                        "stage.map(n -> \"raw\").batch(4).train(Snippet::onRatings);",
                        "stage.map(n -> rate(n)).batch(4).train(Snippet::onRatings);",
                        "incompatible"),
                new Case(
                        "batches by key",
                        "stage.batch(4).distribute(byKey((Integer n) -> n));",
                        "stage.distribute(byKey((Integer n) -> n));",
                        "conforms to io.ghee.distribution.Distribution.OfBatches"),
                new Case(
                        "a step before the first stage",
                        "Pipeline.named(\"p\").readFrom(numbers).map(n -> n + 1);",
                        "Pipeline.named(\"p\").readFrom(numbers).stage(\"s\", replicas(1)).map(n -> n + 1);",
                        "cannot find symbol"),
                new Case(
                        "a step between a distribution and its stage",
                        "stage.distribute(balanced()).map(n -> n + 1);",
                        "stage.distribute(balanced()).stage(\"t\", replicas(1)).map(n -> n + 1);",
                        "cannot find symbol"),
                new Case(
                        "a step after training",
                        "stage.batch(4).train(Drain::train).stage(\"t\", replicas(1));",
                        "stage.batch(4).stage(\"t\", replicas(1)).train(Drain::train);",
                        "cannot find symbol"),
                new Case(
                        "a sink of other records",
                        "stage.writeTo(new CollectSink<String>());",
                        "stage.writeTo(new CollectSink<Number>());",
                        "CollectSink<java.lang.String> cannot be converted to"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatCannotWorkDoesNotCompileAndItsTwinDoes(Case of, @TempDir Path directory) {
        assertThat(Compiled.errors("Snippet", CLASS.formatted(of.twin()), directory))
                .isEmpty();
        assertThat(Compiled.errors("Snippet", CLASS.formatted(of.snippet()), directory))
                .hasSize(1)
                .allSatisfy(error -> assertThat(error).startsWith(LINE + ": ").contains(of.error()));
    }
}
