package io.ghee.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The medians of programs that did the same, and how they relate. Only the ratios say something of another machine.
 *
 * @param rows in the order in which the programs ran
 */
record Comparison(Setting.Mode mode, int n, List<Row> rows) {
    /** The medians of a program's runs; null where it was not measured. */
    record Row(
            String program,
            int runs,
            double recordsPerSecond,
            double slowest,
            double fastest,
            double cpuMicrosPerRecord,
            @Nullable Double stall,
            @Nullable Double rmse) {

        static Row of(String program, List<Sample> samples) {
            List<Double> rates = present(samples, sample -> sample.outcome().recordsPerSecond());
            return new Row(
                    program,
                    samples.size(),
                    median(rates),
                    rates.stream().mapToDouble(rate -> rate).min().orElse(Double.NaN),
                    rates.stream().mapToDouble(rate -> rate).max().orElse(Double.NaN),
                    median(present(samples, Sample::cpuMicrosPerRecord)),
                    medianOrNull(present(samples, sample -> sample.outcome().stall())),
                    medianOrNull(present(samples, sample -> sample.outcome().rmse())));
        }

        private static List<Double> present(List<Sample> samples, Function<Sample, @Nullable Double> value) {
            List<Double> values = new ArrayList<>();
            for (Sample sample : samples) {
                Double each = value.apply(sample);
                if (each != null) {
                    values.add(each);
                }
            }
            return values;
        }

        /** How many times as many records per second as {@code rival}: above 1 is better. */
        double speedOver(Row rival) {
            return recordsPerSecond / rival.recordsPerSecond;
        }

        /** How many times as much CPU for a record as {@code rival}: below 1 is better. */
        double cpuOver(Row rival) {
            return cpuMicrosPerRecord / rival.cpuMicrosPerRecord;
        }
    }

    /** The comparison of those samples that are of this mode and n. */
    static Comparison of(Setting.Mode mode, int n, List<Sample> samples) {
        List<Sample> these = samples.stream()
                .filter(sample -> sample.mode() == mode && sample.n() == n)
                .toList();
        List<Row> rows = these.stream()
                .map(Sample::program)
                .distinct()
                .map(program -> Row.of(
                        program,
                        these.stream()
                                .filter(sample -> sample.program().equals(program))
                                .toList()))
                .toList();
        return new Comparison(mode, n, rows);
    }

    static double median(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("the median of nothing");
        }
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static @Nullable Double medianOrNull(List<Double> values) {
        return values.isEmpty() ? null : (Double) median(values);
    }

    /** A Markdown table; for each of {@code ours} with its ratios to every program. */
    String table(List<String> ours) {
        List<Row> own = ours.stream()
                .map(name -> rows.stream()
                        .filter(row -> row.program().equals(name))
                        .findFirst()
                        .orElse(null))
                .filter(Objects::nonNull)
                .toList();
        StringBuilder table = new StringBuilder(
                "| " + mode + ", n=" + n + " | runs | records/s | slowest to fastest | stall | CPU us/record | RMSE |");
        for (Row us : own) {
            table.append(" speed of ")
                    .append(us.program())
                    .append(" / its | CPU of ")
                    .append(us.program())
                    .append(" / its |");
        }
        table.append("\n|---|--:|--:|--:|--:|--:|--:|").append("--:|--:|".repeat(own.size()));
        for (Row row : rows) {
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %s | %d | %,.0f | %,.0f to %,.0f | %s | %.2f | %s |",
                    row.program(),
                    row.runs(),
                    row.recordsPerSecond(),
                    row.slowest(),
                    row.fastest(),
                    cell("%.2f", row.stall()),
                    row.cpuMicrosPerRecord(),
                    cell("%.4f", row.rmse())));
            for (Row us : own) {
                table.append(
                        us.equals(row)
                                ? " | |"
                                : String.format(Locale.ROOT, " %.2f | %.2f |", us.speedOver(row), us.cpuOver(row)));
            }
        }
        return table.toString();
    }

    private static String cell(String format, @Nullable Double value) {
        return value == null ? "" : String.format(Locale.ROOT, format, value);
    }
}
