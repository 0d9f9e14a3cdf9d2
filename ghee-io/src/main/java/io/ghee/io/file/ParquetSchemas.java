package io.ghee.io.file;

import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

/** The Parquet schemas that records are written with, and what columns of others are called. */
final class ParquetSchemas {
    /** Bytes that {@link Decimals#PRECISION} digits take. */
    static final int DECIMAL_BYTES = 16;

    private ParquetSchemas() {}

    /** The schema of a record class: a column for each component, optional if it is nullable. */
    static MessageType of(RecordShape<?> shape) {
        return new MessageType(shape.type().getSimpleName(), fields(shape));
    }

    private static List<Type> fields(RecordShape<?> shape) {
        List<Type> fields = new ArrayList<>();
        for (RecordShape.Component component : shape.components()) {
            fields.add(field(component.type(), component.name()));
        }
        return fields;
    }

    private static Type field(ValueType type, String name) {
        Repetition repetition = type.isNullable() ? Repetition.OPTIONAL : Repetition.REQUIRED;
        return switch (type.kind()) {
            case BOOLEAN ->
                Types.primitive(PrimitiveTypeName.BOOLEAN, repetition).named(name);
            case BYTE -> integer(8, repetition, name);
            case SHORT -> integer(16, repetition, name);
            case INT -> Types.primitive(PrimitiveTypeName.INT32, repetition).named(name);
            case LONG -> Types.primitive(PrimitiveTypeName.INT64, repetition).named(name);
            case FLOAT -> Types.primitive(PrimitiveTypeName.FLOAT, repetition).named(name);
            case DOUBLE -> Types.primitive(PrimitiveTypeName.DOUBLE, repetition).named(name);
            case STRING -> binary(LogicalTypeAnnotation.stringType(), repetition, name);
            case ENUM -> binary(LogicalTypeAnnotation.enumType(), repetition, name);
            case BYTES -> Types.primitive(PrimitiveTypeName.BINARY, repetition).named(name);
            case DATE ->
                Types.primitive(PrimitiveTypeName.INT32, repetition)
                        .as(LogicalTypeAnnotation.dateType())
                        .named(name);
            case INSTANT ->
                Types.primitive(PrimitiveTypeName.INT64, repetition)
                        .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS))
                        .named(name);
            case DECIMAL ->
                Types.primitive(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY, repetition)
                        .length(DECIMAL_BYTES)
                        .as(LogicalTypeAnnotation.decimalType(Decimals.SCALE, Decimals.PRECISION))
                        .named(name);
            case RECORD -> new GroupType(repetition, name, fields(RecordShape.of(type.raw())));
            case LIST ->
                Types.list(repetition)
                        .element(field(type.elements(), "element"))
                        .named(name);
        };
    }

    private static Type integer(int bits, Repetition repetition, String name) {
        return Types.primitive(PrimitiveTypeName.INT32, repetition)
                .as(LogicalTypeAnnotation.intType(bits, true))
                .named(name);
    }

    private static Type binary(LogicalTypeAnnotation annotation, Repetition repetition, String name) {
        return Types.primitive(PrimitiveTypeName.BINARY, repetition)
                .as(annotation)
                .named(name);
    }

    /** True for text, and for bytes of which the schema does not say what they are: old writers leave it out. */
    static boolean isText(Type type) {
        LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
        return logical == null
                || logical instanceof StringLogicalTypeAnnotation
                || logical instanceof EnumLogicalTypeAnnotation
                || logical instanceof JsonLogicalTypeAnnotation;
    }

    /** A type as messages have it. */
    static String name(Type type) {
        LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
        String of = type.isPrimitive()
                ? type.asPrimitiveType().getPrimitiveTypeName().name()
                : "a group";
        String as = logical == null ? of : of + " (" + logical + ")";
        return type.isRepetition(Repetition.REPEATED) ? "repeated " + as : as;
    }

    /** The names of a group's fields. */
    static List<String> names(GroupType group) {
        return group.getFields().stream().map(Type::getName).toList();
    }
}
