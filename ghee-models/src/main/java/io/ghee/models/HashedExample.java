package io.ghee.models;

/**
 * One training example of features that are known by their hashes.
 *
 * @param features the ids of the features that are present; as many in every example
 * @param label what is to be predicted
 */
public record HashedExample(long[] features, float label) {}
