package io.ghee.io.file;

import io.ghee.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A column that is wanted, or a group of columns of which some are. */
final class Wanted {
    /** What it is to become; null if it is only a group on the way to one, or asked for by a condition alone. */
    private @Nullable ValueType type;
    /** Which slot of the record around it. */
    private int slot;

    private final Map<String, Wanted> children = new LinkedHashMap<>();

    private Wanted() {}

    /**
     * The columns of a record.
     *
     * @param columns by component: a path with dots, where it is not the component's name
     */
    static Wanted of(RecordShape<?> shape, Map<String, String> columns) {
        Wanted root = new Wanted();
        for (int k = 0; k < shape.components().size(); k++) {
            RecordShape.Component component = shape.components().get(k);
            String path = columns.getOrDefault(component.name(), component.name());
            Wanted wanted =
                    root.at(columns.containsKey(component.name()) ? path.split("\\.", -1) : new String[] {path});
            if (wanted.type != null || !wanted.children.isEmpty()) {
                throw new ConfigurationException("column " + path + " for " + component.name()
                        + ", and it or a part of it for another component (expected: different columns)");
            }
            wanted.become(component.type(), k);
        }
        return root;
    }

    private void become(ValueType as, int at) {
        type = as;
        slot = at;
        if (as.kind() == ValueType.Kind.RECORD) {
            children.putAll(of(RecordShape.of(as.raw()), Map.of()).children);
        }
    }

    /** The one of this path; added if it is not wanted so far. */
    private Wanted at(String... path) {
        Wanted found = this;
        for (String name : path) {
            if (found.type != null && found.type.kind() != ValueType.Kind.RECORD) {
                throw new ConfigurationException("column " + String.join(".", path)
                        + ", and a part of it for another component (expected: different columns)");
            }
            found = found.children.computeIfAbsent(name, absent -> new Wanted());
        }
        return found;
    }

    /** Adds a column that a condition asks for. */
    void alsoRead(String column) {
        at(column.split("\\.", -1));
    }

    @Nullable
    ValueType type() {
        return type;
    }

    int slot() {
        return slot;
    }

    Map<String, Wanted> children() {
        return children;
    }
}
