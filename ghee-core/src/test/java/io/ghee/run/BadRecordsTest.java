package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.BadRecordException;
import io.ghee.GheeException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Malformed records are skipped one by one, up to a limit, and named. */
class BadRecordsTest {
    private static RecordStage<Integer> read(int replicas) {
        return Pipeline.named("bad-records")
                .readFrom(ListSource.numbers(100, 5))
                .stage("read", replicas(replicas));
    }

    /** Refuses every tenth number: ten of a hundred. */
    private static int parse(int n) {
        if (n % 10 == 3) {
            throw new BadRecordException("number " + n + " (expected: none that ends in 3)");
        }
        return n;
    }

    private static final List<Integer> GOOD =
            IntStream.range(0, 100).filter(n -> n % 10 != 3).boxed().toList();

    private static void assertSkipsTen(Pipeline pipeline) throws Exception {
        var result = Jobs.<Integer>run(pipeline.withMaxBadRecords(10));

        assertThat(result.records()).containsExactlyInAnyOrderElementsOf(GOOD);
        assertThat(result.progress().skipped()).isEqualTo(10);
        assertThat(result.progress().skippedWhere()).hasSize(10);

        GheeException failed = Jobs.fail(pipeline.withMaxBadRecords(9));

        assertThat(failed.kind()).isEqualTo(GheeException.Kind.INPUT);
        assertThat(failed.reason()).contains("number ").contains("3 (expected: none that ends in 3)");
    }

    @Test
    void asManyAsAllowedAreSkippedOverAllWorkers() throws Exception {
        assertSkipsTen(read(3).map(n -> parse(n)).writeTo(new CollectSink<Integer>()));
    }

    @Test
    void theyAreNamedByWhereTheyCameFrom() throws Exception {
        Pipeline pipeline = read(1).map(n -> parse(n)).writeTo(new CollectSink<Integer>());

        assertThat(Jobs.<Integer>run(pipeline.withMaxBadRecords(10)).progress().skippedWhere())
                .startsWith("list:3: number 3 (expected: none that ends in 3)")
                .contains("list:93: number 93 (expected: none that ends in 3)");
        assertThat(Jobs.fail(pipeline.withMaxBadRecords(9)))
                .hasMessage("stage read, replica 0: list:93: number 93 (expected: none that ends in 3)");
        assertThat(Jobs.fail(pipeline))
                .hasMessage("stage read, replica 0: list:3: number 3 (expected: none that ends in 3)");
    }

    @Test
    void theFirstTwentyAreNamed() throws Exception {
        var result = Jobs.<Integer>run(Pipeline.named("bad-records")
                .readFrom(ListSource.of(Collections.nCopies(50, 3), 1))
                .stage("read", replicas(1))
                .map(n -> parse(n))
                .writeTo(new CollectSink<Integer>())
                .withMaxBadRecords(50));

        assertThat(result.progress().skipped()).isEqualTo(50);
        assertThat(result.progress().skippedWhere()).hasSize(20);
    }

    @Test
    void theSourceMayRefuseRecordsToo() throws Exception {
        Pipeline pipeline = Pipeline.named("bad-records")
                .readFrom(ListSource.numbers(10, 2).malformedAt(2, 7))
                .stage("read", replicas(2))
                .writeTo(new CollectSink<Integer>());

        var result = Jobs.<Integer>run(pipeline.withMaxBadRecords(2));

        assertThat(result.records()).containsExactlyInAnyOrder(0, 1, 3, 4, 5, 6, 8, 9);
        assertThat(result.progress().skippedWhere())
                .containsExactlyInAnyOrder("list:2: item 2 (expected: another)", "list:7: item 7 (expected: another)");
        assertThat(Jobs.fail(pipeline.withMaxBadRecords(1)).kind()).isEqualTo(GheeException.Kind.INPUT);
    }

    @Test
    void everyStepOnRecordsMayRefuseThem() throws Exception {
        assertSkipsTen(read(2).filter(n -> parse(n) >= 0).writeTo(new CollectSink<Integer>()));
        assertSkipsTen(read(2).flatMap(n -> List.of(parse(n))).writeTo(new CollectSink<Integer>()));
        assertSkipsTen(read(2).flatMap(n -> IntStream.of(n).map(BadRecordsTest::parse)::iterator)
                .writeTo(new CollectSink<Integer>()));
        assertSkipsTen(
                read(2).mapWith(replica -> replica, (opened, n) -> parse(n)).writeTo(new CollectSink<Integer>()));
    }

    @Test
    void aRecordHeldBackByAShuffleIsSkippedAlone() throws Exception {
        assertSkipsTen(read(2).shuffle(1000, 1).map(n -> parse(n)).writeTo(new CollectSink<Integer>()));
        assertSkipsTen(read(2).shuffle(7, 1).map(n -> parse(n)).writeTo(new CollectSink<Integer>()));
    }

    @Test
    void aRecordOfABatchIsSkippedAlone() throws Exception {
        assertSkipsTen(read(2).batch(8).unbatch().map(n -> parse(n)).writeTo(new CollectSink<Integer>()));
    }

    @Test
    void laterStagesMaySkipToo() throws Exception {
        assertSkipsTen(read(2).stage("parse", replicas(2)).map(n -> parse(n)).writeTo(new CollectSink<Integer>()));
        assertSkipsTen(read(2).batch(8)
                .stage("parse", replicas(2))
                .unbatch()
                .map(n -> parse(n))
                .writeTo(new CollectSink<Integer>()));
    }

    @Test
    void whereTheRecordCannotBeTracedThePlaceIsSaidToBeABound() throws Exception {
        var result = Jobs.<Integer>run(read(1).shuffle(5, 1)
                .map(n -> parse(n))
                .writeTo(new CollectSink<Integer>())
                .withMaxBadRecords(10));

        assertThat(result.progress().skippedWhere())
                .allSatisfy(
                        where -> assertThat(where).matches("at or before (list:\\d+|the end of epoch 1): number .*"));
    }

    @Test
    void aWholeBatchIsNeverSkipped() throws Exception {
        GheeException failed = Jobs.fail(read(1).batch(10)
                .map(batch -> {
                    parse(3);
                    return batch.records();
                })
                .writeTo(new CollectSink<Integer>())
                .withMaxBadRecords(1000));

        assertThat(failed.kind()).isEqualTo(GheeException.Kind.INPUT);
        assertThat(failed.reason())
                .isEqualTo("stage read, replica 0: at or before list:9: number 3 (expected: none that ends in 3)");
    }

    @Test
    void anyOtherExceptionEndsTheJobAtOnce() throws Exception {
        GheeException failed = Jobs.fail(
                read(1).map(n -> 1 / n).writeTo(new CollectSink<Integer>()).withMaxBadRecords(1000));

        assertThat(failed).hasMessage("stage read, replica 0: ArithmeticException: / by zero at list:0");
    }
}
