package io.ghee.examples.clicks;

/**
 * What the model says of a click.
 *
 * @param click its id
 * @param score the probability that the user buys, about
 */
record Prediction(String click, float score) {}
