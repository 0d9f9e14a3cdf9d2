package io.ghee.benchmarks.spark;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Spark on two threads of this JVM: reads ratings, makes features of them, and delivers them in batches. {@code FORMAT INPUT n}
 * as arguments; for each line of stdin, a number of passes, as many are made and a line of JSON is printed.
 *
 * <p>The rows are taken as Spark has them, without the objects that {@code Dataset<Row>} makes of them: the fastest way that
 * Spark has.
 */
public final class DataPart {
    private DataPart() {}

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[2]);
        SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("data-part")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.log.level", "ERROR")
                .getOrCreate();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int passes = Integer.parseInt(line);
            Batches.Consumer consumer = new Batches.Consumer();
            consumer.start();
            long start = System.nanoTime();
            for (int pass = 0; pass < passes; pass++) {
                pass(spark, args[0], args[1], rounds);
            }
            consumer.finish();
            System.out.printf(
                    Locale.ROOT,
                    "{\"records\": %d, \"sum\": %d, \"seconds\": %.4f, \"cpuSeconds\": %.4f}%n",
                    consumer.records(),
                    consumer.sum() / passes,
                    (System.nanoTime() - start) / 1e9,
                    system.getProcessCpuTime() / 1e9);
        }
        spark.stop();
    }

    private static void pass(SparkSession spark, String format, String input, int rounds) {
        Dataset<Row> rows =
                switch (format) {
                    case "csv" -> spark.read()
                            .schema("user INT, item INT, rating FLOAT, timestamp BIGINT")
                            .option("sep", "\t")
                            .csv(input);
                    case "parquet" -> spark.read().parquet(input).select("user", "item", "rating", "timestamp");
                    case "kafka" -> spark.read()
                            .format("kafka")
                            .option("kafka.bootstrap.servers", input.substring(0, input.indexOf('/')))
                            .option("subscribe", input.substring(input.indexOf('/') + 1))
                            .option("startingOffsets", "earliest")
                            .option("endingOffsets", "latest")
                            .load()
                            .select("value");
                    default -> throw new IllegalArgumentException(
                            "format: " + format + " (expected: csv, parquet or kafka)");
                };
        JavaRDD<InternalRow> raw = rows.queryExecution().toRdd().toJavaRDD();
        if (format.equals("kafka")) {
            raw.foreachPartition(part -> lines(part, rounds));
        } else {
            raw.foreachPartition(part -> columns(part, rounds));
        }
    }

    private static void columns(Iterator<InternalRow> rows, int rounds) throws InterruptedException {
        Batches out = new Batches(rounds);
        while (rows.hasNext()) {
            InternalRow row = rows.next();
            out.add(row.getInt(0), row.getInt(1), row.getFloat(2), row.getLong(3));
        }
        out.flush();
    }

    private static void lines(Iterator<InternalRow> rows, int rounds) throws InterruptedException {
        Batches out = new Batches(rounds);
        while (rows.hasNext()) {
            String line = new String(rows.next().getBinary(0), StandardCharsets.UTF_8);
            int a = line.indexOf('\t');
            int b = line.indexOf('\t', a + 1);
            int c = line.indexOf('\t', b + 1);
            out.add(
                    Integer.parseInt(line, 0, a, 10),
                    Integer.parseInt(line, a + 1, b, 10),
                    Integer.parseInt(line, b + 1, c, 10),
                    Long.parseLong(line, c + 1, line.length(), 10));
        }
        out.flush();
    }
}
