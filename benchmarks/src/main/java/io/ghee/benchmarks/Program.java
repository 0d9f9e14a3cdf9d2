package io.ghee.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * A program that can be measured.
 *
 * @param modes what it can do
 * @param command the command for a setting, and an empty directory to write in
 * @param report the file in that directory with the result as JSON; empty if the result is the last line of stdout
 */
record Program(String name, Set<Setting.Mode> modes, BiFunction<Setting, Path, List<String>> command, String report) {
    Program(String name, Set<Setting.Mode> modes, BiFunction<Setting, Path, List<String>> command) {
        this(name, modes, command, "");
    }
}
