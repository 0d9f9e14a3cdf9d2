package io.ghee.run;

/**
 * A generation of the job begins: all workers are there and their channels are bound.
 *
 * @param generation counts from 0; every loss of a worker begins a new one
 * @param attempt of the last stage, from 0: it begins anew when one of its own replicas was lost
 * @param epoch the first pass that is not over
 * @param sinkAttempt the number by which the sink knows that attempt
 * @param consumed for the stage behind which records stay what they are: what has arrived already, as
 *     {@link Consumed#toBytes} wrote it
 */
public record Start(int generation, int attempt, int sinkAttempt, int epoch, byte[] consumed) {}
