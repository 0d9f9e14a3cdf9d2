package io.ghee.io.file;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** The Avro schemas that records are written with. */
final class AvroSchemas {
    private AvroSchemas() {}

    /** The schema of a record class: a field for each component, of a union with null if it is nullable. */
    static Schema of(RecordShape<?> shape) {
        return record(shape, new HashMap<>());
    }

    private static Schema record(RecordShape<?> shape, Map<Class<?>, Schema> named) {
        Schema known = named.get(shape.type());
        if (known != null) {
            return known;
        }
        List<Schema.Field> fields = new ArrayList<>();
        for (RecordShape.Component component : shape.components()) {
            Schema schema = value(component.type(), named);
            fields.add(
                    component.type().isNullable()
                            ? new Schema.Field(component.name(), schema, null, Schema.Field.NULL_DEFAULT_VALUE)
                            : new Schema.Field(component.name(), schema));
        }
        Schema made = Schema.createRecord(shape.type().getSimpleName(), null, namespace(shape.type()), false, fields);
        named.put(shape.type(), made);
        return made;
    }

    /** What is before the simple name, as Avro's names may have it. */
    private static String namespace(Class<?> type) {
        String name = type.getName().replace('$', '.');
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    private static Schema value(ValueType type, Map<Class<?>, Schema> named) {
        Schema schema = switch (type.kind()) {
            case BOOLEAN -> Schema.create(Schema.Type.BOOLEAN);
            case BYTE, SHORT, INT -> Schema.create(Schema.Type.INT);
            case LONG -> Schema.create(Schema.Type.LONG);
            case FLOAT -> Schema.create(Schema.Type.FLOAT);
            case DOUBLE -> Schema.create(Schema.Type.DOUBLE);
            case STRING -> Schema.create(Schema.Type.STRING);
            case BYTES -> Schema.create(Schema.Type.BYTES);
            case ENUM -> named.computeIfAbsent(type.raw(), AvroSchemas::enumeration);
            case DATE -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
            case INSTANT -> LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case DECIMAL ->
                LogicalTypes.decimal(Decimals.PRECISION, Decimals.SCALE).addToSchema(Schema.create(Schema.Type.BYTES));
            case RECORD -> record(RecordShape.of(type.raw()), named);
            case LIST -> Schema.createArray(value(type.elements(), named));
        };
        return type.isNullable() ? Schema.createUnion(Schema.create(Schema.Type.NULL), schema) : schema;
    }

    private static Schema enumeration(Class<?> type) {
        List<String> names = Arrays.stream(type.getEnumConstants())
                .map(each -> ((Enum<?>) each).name())
                .toList();
        return Schema.createEnum(type.getSimpleName(), null, namespace(type), names);
    }
}
