package io.ghee.examples;

import org.jspecify.annotations.Nullable;

/**
 * Something that came out of a job.
 *
 * @param name in the report
 * @param value in the report; null if it was not measured, and then it is not in the summary
 * @param label in front of the line of the summary, at most 11 characters
 * @param text the rest of that line
 */
public record Result(String name, @Nullable Number value, String label, String text) {}
