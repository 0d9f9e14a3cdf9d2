package io.ghee.models;

/**
 * One training example of sparse features.
 *
 * @param features the ids of the features that are present; as many in every example
 * @param label what is to be predicted
 */
public record Example(int[] features, float label) {}
