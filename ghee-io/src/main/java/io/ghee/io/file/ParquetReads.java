package io.ghee.io.file;

import io.ghee.BadRecordException;
import io.ghee.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.jspecify.annotations.Nullable;

/**
 * Plans how columns of one file fill the slots of a record: which part of its schema is asked for, and what converters
 * take the values. What does not fit is told here, before anything is read.
 */
final class ParquetReads {
    private final String path;
    private final Complaint complaint;

    /**
     * For one file.
     *
     * @param complaint told of values that do not fit
     */
    ParquetReads(String path, Complaint complaint) {
        this.path = path;
        this.complaint = complaint;
    }

    /**
     * A way to read rows.
     *
     * @param schema of what is to be asked for: a part of what is there
     */
    record Planned(MessageType schema, GroupConverter converter) {}

    /** A field of the schema that is asked for, and what takes its values. */
    private record Field(Type type, Converter converter) {}

    /**
     * Plans the rows of a file.
     *
     * @throws InputException if the file lacks a column, or has another type for it
     */
    Planned rows(RecordShape<?> shape, Wanted wanted, Slot[] slots, MessageType file) {
        Group root = new Group(slots);
        List<Type> types = root.plan(shape, wanted, file, "");
        return new Planned(new MessageType(file.getName(), types), root);
    }

    private InputException misfit(ValueType type, Type from, String column) {
        return new InputException(path + ": column " + column + " is " + ParquetSchemas.name(from)
                + " (expected: what fits " + type + ")");
    }

    /** The fields of a record, or of a group on the way to one of its components. */
    private class Group extends GroupConverter {
        /** Those that this group empties when it starts. */
        private final Slot[] slots;

        private final List<Converter> converters = new ArrayList<>();
        /** Lists that have no group of their own to tell where they begin and end. */
        private final List<Elements> bare = new ArrayList<>();

        Group(Slot[] slots) {
            this.slots = slots;
        }

        List<Type> plan(RecordShape<?> shape, Wanted wanted, GroupType from, String prefix) {
            List<Type> types = new ArrayList<>();
            for (Map.Entry<String, Wanted> each : wanted.children().entrySet()) {
                String name = each.getKey();
                if (!from.containsField(name)) {
                    throw new InputException(path + ": no column " + prefix + name + " in its schema "
                            + ParquetSchemas.names(from) + " (expected: one for each component of " + shape + ")");
                }
                Field field = field(shape, each.getValue(), from.getType(name), prefix + name);
                types.add(field.type);
                converters.add(field.converter);
            }
            return types;
        }

        private Field field(RecordShape<?> shape, Wanted wanted, Type from, String column) {
            ValueType type = wanted.type();
            if (type != null) {
                return value(type, wanted, from, slots[wanted.slot()], column);
            }
            if (wanted.children().isEmpty()) {
                return new Field(from, new Unread());
            }
            if (from.isPrimitive() || from.isRepetition(Repetition.REPEATED)) {
                throw new InputException(path + ": column " + column + " is " + ParquetSchemas.name(from)
                        + " (expected: a group, for a column in it)");
            }
            Group within = new Within(slots);
            List<Type> types = within.plan(shape, wanted, from.asGroupType(), column + ".");
            bare.addAll(within.bare);
            return new Field(from.asGroupType().withNewFields(types), within);
        }

        private Field value(ValueType type, @Nullable Wanted wanted, Type from, Slot into, String column) {
            if (type.kind() == ValueType.Kind.LIST) {
                return list(type, from, into, column);
            }
            if (from.isRepetition(Repetition.REPEATED)) {
                throw misfit(type, from, column);
            }
            return single(type, wanted, from, into, column);
        }

        /** Plans a value, or one of several. */
        private Field single(ValueType type, @Nullable Wanted wanted, Type from, Slot into, String column) {
            if (type.kind() != ValueType.Kind.RECORD) {
                Converter converter = from.isPrimitive()
                        ? ParquetValues.converter(type, from.asPrimitiveType(), into, column, complaint)
                        : null;
                if (converter == null) {
                    throw misfit(type, from, column);
                }
                return new Field(from, converter);
            }
            if (from.isPrimitive() || isList(from)) {
                throw misfit(type, from, column);
            }
            RecordShape<?> shape = RecordShape.of(type.raw());
            Nested nested = new Nested(shape, into, column + ".");
            Wanted columns = wanted == null ? Wanted.of(shape, Map.of()) : wanted;
            List<Type> types = nested.plan(shape, columns, from.asGroupType(), column + ".");
            return new Field(from.asGroupType().withNewFields(types), nested);
        }

        /** As the format's rules have it, for writers old and new. */
        private Field list(ValueType type, Type from, Slot into, String column) {
            Elements elements = new Elements(type, column, into, complaint);
            if (from.isRepetition(Repetition.REPEATED)) {
                bare.add(elements);
                return each(type, from, elements, column);
            }
            if (from.isPrimitive() || !isList(from)) {
                throw misfit(type, from, column);
            }
            GroupType group = from.asGroupType();
            Type repeated = group.getType(0);
            ListGroup list = new ListGroup(elements);
            Field field = isElement(repeated, group)
                    ? each(type, repeated, elements, column)
                    : wrapped(type, repeated.asGroupType(), elements, column);
            list.repeated = field.converter;
            return new Field(group.withNewFields(field.type), list);
        }

        private Field wrapped(ValueType type, GroupType repeated, Elements elements, String column) {
            ListEntry entry = new ListEntry(elements);
            Field element = value(type.elements(), null, repeated.getType(0), elements.slot(), column + "[]");
            entry.element = element.converter;
            return new Field(repeated.withNewFields(element.type), entry);
        }

        /** Elements that are repeated themselves. */
        private Field each(ValueType type, Type repeated, Elements elements, String column) {
            Slot adding = new AddingSlot(elements);
            return single(type.elements(), null, repeated, adding, column + "[]");
        }

        @Override
        public Converter getConverter(int field) {
            return converters.get(field);
        }

        @Override
        public void start() {
            for (Slot slot : slots) {
                slot.clear();
            }
            bare.forEach(Elements::begin);
        }

        @Override
        public void end() {
            bare.forEach(Elements::end);
        }
    }

    private static boolean isList(Type type) {
        return type.getLogicalTypeAnnotation() instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation
                && !type.isPrimitive()
                && type.asGroupType().getFieldCount() == 1
                && type.asGroupType().getType(0).isRepetition(Repetition.REPEATED);
    }

    /** Whether a list's repeated field is the element, and not a group around it. */
    private static boolean isElement(Type repeated, GroupType list) {
        return repeated.isPrimitive()
                || repeated.asGroupType().getFieldCount() != 1
                || repeated.asGroupType().getType(0).isRepetition(Repetition.REPEATED)
                || repeated.getName().equals("array")
                || repeated.getName().equals(list.getName() + "_tuple");
    }

    /** A group whose columns belong to the record around it. */
    private final class Within extends Group {
        Within(Slot[] slots) {
            super(slots);
        }

        @Override
        public void start() {}

        @Override
        public void end() {}
    }

    /** A group that becomes a record. */
    private final class Nested extends Group {
        private final RecordShape<?> shape;
        private final Slot into;
        private final String prefix;
        private final Slot[] slots;

        Nested(RecordShape<?> shape, Slot into, String prefix) {
            this(shape, into, prefix, shape.slots());
        }

        private Nested(RecordShape<?> shape, Slot into, String prefix, Slot[] slots) {
            super(slots);
            this.shape = shape;
            this.into = into;
            this.prefix = prefix;
            this.slots = slots;
        }

        @Override
        public void end() {
            super.end();
            try {
                into.fill(shape.build(slots, prefix));
            } catch (BadRecordException e) {
                complaint.add(e);
            }
        }
    }

    /** Adds what it is filled with to a list. */
    private static final class AddingSlot extends Slot {
        private final Elements elements;

        AddingSlot(Elements elements) {
            this.elements = elements;
        }

        @Override
        void fillBits(long bits) {
            elements.slot().fillBits(bits);
            elements.add();
        }

        @Override
        void fill(Object value) {
            elements.slot().fill(value);
            elements.add();
        }
    }

    /** The group around a list. */
    private static final class ListGroup extends GroupConverter {
        private final Elements elements;
        private Converter repeated = new Unread();

        ListGroup(Elements elements) {
            this.elements = elements;
        }

        @Override
        public Converter getConverter(int field) {
            return repeated;
        }

        @Override
        public void start() {
            elements.begin();
        }

        @Override
        public void end() {
            elements.end();
        }
    }

    /** The group around an element. */
    private static final class ListEntry extends GroupConverter {
        private final Elements elements;
        private Converter element = new Unread();

        ListEntry(Elements elements) {
            this.elements = elements;
        }

        @Override
        public Converter getConverter(int field) {
            return element;
        }

        @Override
        public void start() {}

        @Override
        public void end() {
            elements.add();
        }
    }

    /** A column that only a condition reads. */
    private static final class Unread extends PrimitiveConverter {
        @Override
        public void addBinary(Binary value) {}

        @Override
        public void addBoolean(boolean value) {}

        @Override
        public void addDouble(double value) {}

        @Override
        public void addFloat(float value) {}

        @Override
        public void addInt(int value) {}

        @Override
        public void addLong(long value) {}
    }
}
