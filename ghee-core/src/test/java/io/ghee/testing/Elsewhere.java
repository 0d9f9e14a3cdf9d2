package io.ghee.testing;

/** A record in a package of its own. */
public record Elsewhere(int id, String name) {}
