package io.ghee.k8s;

/**
 * Something about a cluster that jobs need.
 *
 * @param what is needed
 * @param ok whether it is there
 * @param detail what was found, or what helps
 */
public record Finding(String what, boolean ok, String detail) {}
