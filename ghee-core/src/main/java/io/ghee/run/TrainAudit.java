package io.ghee.run;

import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.channel.Origins;
import io.ghee.train.CheckpointStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which records each rank was given in which step, as {@link io.ghee.train.Checkpoints#audited} has it written down: that
 * each record was trained on once in each epoch can be checked, and what was in the step in which a loss went astray be seen.
 *
 * <pre>{@code
 * TrainAudit.read(CheckpointFiles.in("hdfs:///checkpoints/fm"), given -> System.out.println(given));
 * }</pre>
 *
 * <p>The notes have a line for each step: {@code 17 2 0:120-131 3:7}, that is step, epoch, and the records by split and place.
 * Steps that were taken back, since a rank was lost after the last checkpoint, are left out; so are those of an earlier job
 * that has begun at the beginning. Up to where the job is, what is read may lack the steps since the last checkpoint.
 */
public final class TrainAudit {
    private static final Pattern PART = Pattern.compile("steps-(\\d+)-(\\d+)-attempt-(\\d+)-rank-(\\d+)");
    private static final Pattern SPLITS = Pattern.compile("splits-attempt-(\\d+)");

    private TrainAudit() {}

    /**
     * A record of the input.
     *
     * @param split the id of its split, for files the path and where in it the split begins
     * @param number its place in the split, as the source counts
     */
    public record Place(String split, long number) {
        @Override
        public String toString() {
            return split + " " + number;
        }
    }

    /**
     * What a rank was given in a step.
     *
     * @param records where they came from, in the order of the batch; none if it only filled up. What a step made several
     *     records of is there several times
     */
    public record Given(long step, int epoch, int rank, List<Place> records) {}

    /** Some steps of a rank in an attempt, in one note. */
    record Part(int attempt, int rank, long first, long last) {
        String name() {
            return "steps-%012d-%012d-attempt-%d-rank-%d".formatted(first, last, attempt, rank);
        }
    }

    /**
     * Reads all that holds, by rank in the order of the steps.
     *
     * @throws InputException if a note is damaged
     * @throws IOException if the store cannot be read
     */
    public static void read(CheckpointStore store, Consumer<Given> each) throws IOException {
        TreeMap<Integer, List<String>> splits = new TreeMap<>();
        List<Part> parts = new ArrayList<>();
        for (String name : store.notes()) {
            Matcher part = PART.matcher(name);
            Matcher list = SPLITS.matcher(name);
            if (part.matches()) {
                parts.add(new Part(
                        Integer.parseInt(part.group(3)),
                        Integer.parseInt(part.group(4)),
                        Long.parseLong(part.group(1)),
                        Long.parseLong(part.group(2))));
            } else if (list.matches()) {
                splits.put(Integer.valueOf(list.group(1)), lines(store, name));
            }
        }
        parts.sort(Comparator.comparingInt(Part::rank).thenComparingLong(Part::first));
        TreeMap<Integer, Long> begins = new TreeMap<>();
        parts.forEach(part -> begins.merge(part.attempt(), part.first(), Math::min));
        for (Part part : parts) {
            // A later attempt has begun before this step, and has done it again.
            long end = begins.tailMap(part.attempt(), false).values().stream()
                    .mapToLong(begin -> begin)
                    .min()
                    .orElse(Long.MAX_VALUE);
            if (part.first() < end) {
                Map.Entry<Integer, List<String>> of = splits.floorEntry(part.attempt());
                read(store, part, end, of == null ? List.of() : of.getValue(), each);
            }
        }
    }

    private static void read(CheckpointStore store, Part part, long end, List<String> splits, Consumer<Given> each)
            throws IOException {
        for (String line : lines(store, part.name())) {
            String[] fields = line.split(" ");
            try {
                long step = Long.parseLong(fields[0]);
                if (step < end) {
                    each.accept(new Given(step, Integer.parseInt(fields[1]), part.rank(), places(fields, splits)));
                }
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new InputException(
                        store.describe() + ", " + part.name() + ": \"" + line
                                + "\" (expected: step, epoch, and records of " + splits.size() + " splits)",
                        e);
            }
        }
    }

    private static List<Place> places(String[] fields, List<String> splits) {
        List<Place> places = new ArrayList<>();
        for (int k = 2; k < fields.length; k++) {
            int colon = fields[k].indexOf(':');
            int dash = fields[k].indexOf('-', colon);
            String split = splits.get(Integer.parseInt(fields[k].substring(0, colon)));
            long from = Long.parseLong(fields[k].substring(colon + 1, dash < 0 ? fields[k].length() : dash));
            long to = dash < 0 ? from : Long.parseLong(fields[k].substring(dash + 1));
            for (long number = from; number <= to; number++) {
                places.add(new Place(split, number));
            }
        }
        return places;
    }

    private static List<String> lines(CheckpointStore store, String name) throws IOException {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(store.readNote(name), StandardCharsets.UTF_8))) {
            return in.lines().toList();
        }
    }

    /** Adds a line. */
    static void write(long step, int epoch, Origins origins, StringBuilder lines) {
        lines.append(step).append(' ').append(epoch);
        int row = 0;
        while (row < origins.rows()) {
            long id = origins.id(row);
            int next = row + 1;
            while (next < origins.rows() && origins.id(next) == id + next - row) {
                next++;
            }
            lines.append(' ').append(Origins.split(id)).append(':').append(Origins.record(id));
            if (next > row + 1) {
                lines.append('-').append(Origins.record(id) + next - row - 1);
            }
            row = next;
        }
        lines.append('\n');
    }

    /**
     * A job begins: notes the ids of its splits.
     *
     * @return the number of its first attempt, which is higher than all that there are
     */
    static int begin(CheckpointStore store, List<String> splits) {
        try {
            int first = 0;
            for (String name : store.notes()) {
                Matcher part = PART.matcher(name);
                Matcher list = SPLITS.matcher(name);
                if (part.matches()) {
                    first = Math.max(first, Integer.parseInt(part.group(3)) + 1);
                } else if (list.matches()) {
                    first = Math.max(first, Integer.parseInt(list.group(1)) + 1);
                }
            }
            byte[] text = (String.join("\n", splits) + "\n").getBytes(StandardCharsets.UTF_8);
            store.note("splits-attempt-" + first, out -> out.write(text));
            return first;
        } catch (IOException e) {
            throw new InfrastructureException(store.describe() + ": " + e.getMessage(), e);
        }
    }
}
