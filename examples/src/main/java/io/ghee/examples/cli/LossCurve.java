package io.ghee.examples.cli;

import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import io.ghee.run.WorkerProgress.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The loss over the records trained on, as a picture and as a plot for the terminal. */
final class LossCurve {
    private static final String FILE = "loss.png";
    private static final int PLOT_COLUMNS = 60;
    private static final int PLOT_ROWS = 8;

    private LossCurve() {}

    /** Writes the picture, if the job has reported a loss and its output is a directory of this machine. */
    static void write(JobProgress progress, String output) throws IOException {
        Map<String, List<Point>> losses = losses(progress);
        if (losses.isEmpty() || output.contains("://")) {
            return;
        }
        System.setProperty("java.awt.headless", "true");
        XYChart chart = new XYChartBuilder()
                .width(900)
                .height(500)
                .title("loss")
                .xAxisTitle("records")
                .yAxisTitle("loss")
                .build();
        chart.getStyler().setLegendVisible(losses.size() > 1);
        losses.forEach((name, loss) -> chart.addSeries(
                        name,
                        loss.stream().map(Point::records).toList(),
                        loss.stream().map(Point::value).toList())
                .setMarker(SeriesMarkers.NONE));
        ImageIO.write(
                BitmapEncoder.getBufferedImage(chart),
                "png",
                Path.of(output, FILE).toFile());
    }

    /** The loss, or that of each trial. */
    private static Map<String, List<Point>> losses(JobProgress progress) {
        Map<String, List<Point>> losses = new LinkedHashMap<>();
        losses.put("loss", progress.metric("loss"));
        for (TrialProgress trial : progress.trials()) {
            losses.put(trial.trial().name(), progress.metric(trial.trial().name() + "/loss"));
        }
        losses.values().removeIf(List::isEmpty);
        return losses;
    }

    /** The lines of a plot in characters: the mean loss of each column's records. */
    static List<String> plot(List<Point> loss) {
        double[] means = means(loss, Math.min(PLOT_COLUMNS, loss.size()));
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double mean : means) {
            low = Math.min(low, mean);
            high = Math.max(high, mean);
        }
        double span = high > low ? high - low : 1;
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < PLOT_ROWS; row++) {
            StringBuilder line = new StringBuilder();
            double label = high - span * row / (PLOT_ROWS - 1);
            line.append(row % (PLOT_ROWS - 1) == 0 ? String.format(Locale.ROOT, "%8.3f ", label) : " ".repeat(9))
                    .append('|');
            for (double mean : means) {
                line.append(Math.round((high - mean) / span * (PLOT_ROWS - 1)) == row ? '*' : ' ');
            }
            lines.add(line.toString().stripTrailing());
        }
        lines.add(" ".repeat(9) + "+" + "-".repeat(means.length));
        return lines;
    }

    private static double[] means(List<Point> loss, int columns) {
        double[] means = new double[columns];
        for (int column = 0; column < columns; column++) {
            int from = (int) ((long) loss.size() * column / columns);
            int to = Math.max(from + 1, (int) ((long) loss.size() * (column + 1) / columns));
            means[column] = loss.subList(from, to).stream()
                    .mapToDouble(Point::value)
                    .average()
                    .orElse(Double.NaN);
        }
        return means;
    }
}
