package io.ghee.benchmarks;

import io.ghee.DataSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * What {@link TransferRun}s say, in Markdown. A ratio is taken within each round, of runs that followed each other, and its
 * median is told: so a slow minute does not count for one side alone.
 */
record TransferTable(List<TransferRun> runs) {
    private static final List<Variant> AGAINST = List.of(Variant.RAW, Variant.JEROMQ, Variant.CURVE);

    /** The variants at one size, in the order in which they ran. */
    String ofSize(int size) {
        StringBuilder table = new StringBuilder("| " + new DataSize(size)
                + " | MB/s | slowest to fastest | / raw NIO | / JeroMQ | / CURVE | CPU s/GB | CPU / raw NIO"
                + " | heap bytes a message: sender | receiver |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (Variant variant : variants(size)) {
            List<TransferRun> own = of(variant, size);
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %s | %,.0f | %,.0f to %,.0f |",
                    variant.title(),
                    median(own, TransferRun::megabytesPerSecond),
                    own.stream()
                            .mapToDouble(TransferRun::megabytesPerSecond)
                            .min()
                            .orElse(0),
                    own.stream()
                            .mapToDouble(TransferRun::megabytesPerSecond)
                            .max()
                            .orElse(0)));
            for (Variant other : AGAINST) {
                table.append(cell(variant == other ? OptionalDouble.empty() : speed(variant, size, other, size)));
            }
            table.append(String.format(Locale.ROOT, " %.2f |", median(own, TransferRun::cpuSecondsPerGigabyte)))
                    .append(cell(ratio(variant, size, Variant.RAW, size, TransferRun::cpuNanos)))
                    .append(String.format(
                            Locale.ROOT,
                            " %,.0f | %,.0f |",
                            median(own, TransferRun::sentBytes),
                            median(own, TransferRun::receivedBytes)));
        }
        return table.toString();
    }

    /** Records of 20 bytes: in batches and in messages of their own. */
    String ofRecords(int batchBytes, int recordBytes) {
        StringBuilder table = new StringBuilder(
                "| 20-byte records | records/s | CPU us/record | heap bytes a record: sender | receiver |\n"
                        + "|---|--:|--:|--:|--:|");
        record Column(Variant variant, int size) {}
        for (Column each : List.of(new Column(Variant.RECORDS, batchBytes), new Column(Variant.EACH, recordBytes))) {
            List<TransferRun> own = of(each.variant(), each.size());
            if (!own.isEmpty()) {
                table.append(String.format(
                        Locale.ROOT,
                        "%n| %s | %,.0f | %.3f | %.0f | %.0f |",
                        each.variant().title(),
                        median(own, TransferRun::perSecond),
                        median(own, TransferRun::cpuNanos) / 1e3,
                        median(own, TransferRun::sentBytes),
                        median(own, TransferRun::receivedBytes)));
            }
        }
        speed(Variant.RECORDS, batchBytes, Variant.EACH, recordBytes)
                .ifPresent(ratio -> table.append(
                        String.format(Locale.ROOT, "%n| **the first over the second** | **%.1f** | | | |", ratio)));
        return table.toString();
    }

    /** What the ratios that there are targets for have come to. */
    String targets(List<Integer> sizes) {
        StringBuilder table = new StringBuilder("| | "
                + String.join(
                        " | ",
                        sizes.stream()
                                .map(size -> new DataSize(size).toString())
                                .toList())
                + " |\n|---|" + "--:|".repeat(sizes.size()));
        row(table, sizes, "ghee / raw NIO", Variant.GHEE, Variant.RAW, TransferRun::perSecond);
        row(table, sizes, "ghee, columns passed on / raw NIO", Variant.COLUMNS, Variant.RAW, TransferRun::perSecond);
        row(table, sizes, "ghee, rows of floats / raw NIO", Variant.FLOATS, Variant.RAW, TransferRun::perSecond);
        row(table, sizes, "ghee / JeroMQ", Variant.GHEE, Variant.JEROMQ, TransferRun::perSecond);
        row(table, sizes, "ghee / ghee without receipts", Variant.GHEE, Variant.BARE, TransferRun::perSecond);
        row(table, sizes, "ghee, sealed / ghee", Variant.SEALED, Variant.GHEE, TransferRun::perSecond);
        row(table, sizes, "ghee, sealed / JeroMQ, CURVE", Variant.SEALED, Variant.CURVE, TransferRun::perSecond);
        row(table, sizes, "CPU: ghee / raw NIO", Variant.GHEE, Variant.RAW, TransferRun::cpuNanos);
        row(table, sizes, "CPU: ghee / JeroMQ", Variant.GHEE, Variant.JEROMQ, TransferRun::cpuNanos);
        row(table, sizes, "CPU: ghee / ghee without receipts", Variant.GHEE, Variant.BARE, TransferRun::cpuNanos);
        row(table, sizes, "CPU: ghee, sealed / JeroMQ, CURVE", Variant.SEALED, Variant.CURVE, TransferRun::cpuNanos);
        return table.toString();
    }

    private void row(
            StringBuilder table,
            List<Integer> sizes,
            String title,
            Variant variant,
            Variant other,
            ToDoubleFunction<TransferRun> value) {
        table.append(String.format("%n| %s |", title));
        for (int size : sizes) {
            table.append(cell(ratio(variant, size, other, size, value)));
        }
    }

    /** How quiet the machine was. */
    String noise() {
        double[] other =
                runs.stream().mapToDouble(TransferRun::otherCores).sorted().toArray();
        return other.length == 0
                ? "nothing was measured"
                : String.format(
                        Locale.ROOT,
                        "Of %d processors, %.2f were busy with something else in the median run, %.2f in the worst of %d.",
                        Runtime.getRuntime().availableProcessors(),
                        other[other.length / 2],
                        other[other.length - 1],
                        other.length);
    }

    private List<Variant> variants(int size) {
        return runs.stream()
                .filter(run -> run.size() == size)
                .map(TransferRun::variant)
                .distinct()
                .toList();
    }

    private List<TransferRun> of(Variant variant, int size) {
        return runs.stream()
                .filter(run -> run.variant() == variant && run.size() == size)
                .toList();
    }

    private static double median(List<TransferRun> runs, ToDoubleFunction<TransferRun> value) {
        return Comparison.median(
                runs.stream().map(run -> value.applyAsDouble(run)).toList());
    }

    private OptionalDouble speed(Variant variant, int size, Variant other, int otherSize) {
        return ratio(variant, size, other, otherSize, TransferRun::perSecond);
    }

    /** The median over the rounds that have both; empty if there is none. */
    OptionalDouble ratio(Variant variant, int size, Variant other, int otherSize, ToDoubleFunction<TransferRun> value) {
        List<Double> ratios = new ArrayList<>();
        for (TransferRun one : of(variant, size)) {
            for (TransferRun two : of(other, otherSize)) {
                if (one.round() == two.round()) {
                    ratios.add(value.applyAsDouble(one) / value.applyAsDouble(two));
                }
            }
        }
        return ratios.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Comparison.median(ratios));
    }

    private static String cell(OptionalDouble ratio) {
        return ratio.isPresent() ? String.format(Locale.ROOT, " %.2f |", ratio.getAsDouble()) : " |";
    }
}
