package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;

import io.ghee.DataSize;
import io.ghee.GheeException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.Resources;
import io.ghee.io.file.Text;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.Payload;
import io.ghee.process.ProcessLauncher;
import io.ghee.sink.Sink;
import io.ghee.source.BoundedSource;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A pipeline from a topic or from files of HDFS, to a topic or to files, that commits on the way. How many replicas its two or
 * three stages have, and how records cross between them, is drawn with the seed; what it writes is the same for all seeds, as a
 * multiset.
 */
record StorageShape(long seed, boolean fromKafka, boolean toKafka) {
    private static final int NUMBERS = 4500;
    /** What the last stage is busy with, if all goes well. */
    private static final int WORK_MILLIS = 2000;
    /** How long a driver may take; whoever waits for it gives up before. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** Where a pipeline reads and writes: topics of these brokers, or directories. */
    record Places(String brokers, String input, String output) {}

    /** The driver: its arguments are those of the shape, and the places. */
    static final class Driver {
        private Driver() {}

        public static void main(String[] args) throws InterruptedException {
            StorageShape shape = new StorageShape(
                    Long.parseLong(args[0]), Boolean.parseBoolean(args[1]), Boolean.parseBoolean(args[2]));
            try {
                new ProcessLauncher()
                        .launch(shape.pipeline(new Places(args[3], args[4], args[5])))
                        .await(LONGEST);
            } catch (GheeException e) {
                System.err.println(e.kind() + ": " + e.reason());
                e.printStackTrace();
                System.exit(1);
            }
        }
    }

    /** The arguments of {@link Driver}. */
    List<String> arguments(Places places) {
        return List.of(
                Long.toString(seed),
                Boolean.toString(fromKafka),
                Boolean.toString(toKafka),
                places.brokers(),
                places.input(),
                places.output());
    }

    static List<String> input() {
        return IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList();
    }

    String name() {
        return "storage-" + seed;
    }

    Pipeline pipeline(Places places) {
        Random random = new Random(seed);
        BoundedSource<String> source = fromKafka
                ? Kafka.topic(places.input(), Payload.strings())
                        .bootstrapServers(places.brokers())
                        .startAt(KafkaOffsets.earliest())
                        .untilLatest()
                : Text.lines(places.input()).splitSize(new DataSize(6_000));
        RecordStage<Integer> stage = Pipeline.named(name())
                .readFrom(source)
                .stage("read", some(random))
                .map(Integer::parseInt)
                .filter(n -> n % 3 != 0);
        if (random.nextInt(4) == 0) {
            stage = cross(stage, "use", some(random), random);
        }
        stage = stage.flatMap(n -> List.of(2 * n, 2 * n + 1));
        if (random.nextBoolean()) {
            stage = stage.shuffle(1 + random.nextInt(400), 7);
        }
        Resources writers = some(random);
        int paced = Math.max(1, NUMBERS * 4 / 3 / writers.replicas() / WORK_MILLIS);
        return cross(stage, "write", writers, random)
                .map(n -> paced(n, paced))
                .batch(32)
                .map(batch -> batch.records().stream().map(n -> n + ":" + n % 7).collect(Collectors.toList()))
                .unbatch()
                .writeTo(sink(places))
                .withRestarts(20)
                .commitEvery(Duration.ofMillis(200 + random.nextInt(300)));
    }

    private Sink<? super String> sink(Places places) {
        return toKafka
                ? Kafka.to(places.output(), Payload.strings())
                        .bootstrapServers(places.brokers())
                        .key(record -> record.substring(0, record.indexOf(':')))
                : Text.to(places.output());
    }

    private static Resources some(Random random) {
        return replicas(1 + random.nextInt(2)).memory("320Mi");
    }

    private static RecordStage<Integer> cross(
            RecordStage<Integer> from, String next, Resources resources, Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> from.distribute(byKey(number -> number % 97)).stage(next, resources);
            case 1 -> from.distribute(balanced()).stage(next, resources);
            case 2 ->
                from.batch(1 + random.nextInt(100))
                        .distribute(even())
                        .stage(next, resources)
                        .unbatch();
            default ->
                from.batch(1 + random.nextInt(300), Duration.ofMillis(50))
                        .distribute(balanced())
                        .stage(next, resources)
                        .unbatch();
        };
    }

    /** The work that records are: a millisecond for so many. */
    private static int paced(int n, int records) throws InterruptedException {
        if (n % records == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return n;
    }

    @Override
    public String toString() {
        return (fromKafka ? "kafka" : "hdfs") + " to " + (toKafka ? "kafka" : "hdfs");
    }
}
