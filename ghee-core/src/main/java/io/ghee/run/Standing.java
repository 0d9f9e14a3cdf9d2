package io.ghee.run;

/**
 * How far a replica of the last stage is, told when it joins another generation.
 *
 * @param attempt of the last stage, which this replica is in; -1 if it is in none
 * @param epoch the pass it is in
 * @param records it has been given of that pass
 * @param batches it has been given of that pass
 * @param consumed what it has been given, but for splits that are complete, as {@link Consumed#toBytes} wrote it
 */
public record Standing(int attempt, int epoch, long records, long batches, byte[] consumed) {
    /** Of a worker that has nothing, or keeps nothing. */
    public static final Standing NONE = new Standing(-1, 0, 0, 0, new byte[0]);
}
