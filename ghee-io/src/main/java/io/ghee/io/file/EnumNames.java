package io.ghee.io.file;

import java.util.LinkedHashMap;
import java.util.Map;

/** The constants of an enum, by name. */
final class EnumNames {
    private final Map<String, Object> constants = new LinkedHashMap<>();

    EnumNames(Class<?> type) {
        for (Object each : type.getEnumConstants()) {
            constants.put(((Enum<?>) each).name(), each);
        }
    }

    /** Fills in the constant of a name; if there is none, that is a complaint. */
    void fill(Slot slot, String name, String column, Complaint complaint) {
        Object constant = constants.get(name);
        if (constant == null) {
            complaint.misfit(column, name, "one of " + constants.keySet());
        } else {
            slot.fill(constant);
        }
    }
}
