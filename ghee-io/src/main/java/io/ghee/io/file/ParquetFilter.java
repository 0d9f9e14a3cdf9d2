package io.ghee.io.file;

import io.ghee.InputException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.parquet.filter2.predicate.FilterApi;
import org.apache.parquet.filter2.predicate.FilterPredicate;
import org.apache.parquet.filter2.predicate.Operators;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Condition} a predicate of one file's columns. Negations are carried to the comparisons; there, nulls and
 * NaNs are taken out by name, for Parquet lets some of them through, and its statistics may not count NaNs.
 */
final class ParquetFilter {
    private final String path;
    private final MessageType schema;

    private ParquetFilter(String path, MessageType schema) {
        this.path = path;
        this.schema = schema;
    }

    /**
     * The predicate.
     *
     * @throws InputException if the file has no such column, or a value is of another type
     */
    static FilterPredicate of(Condition condition, String path, MessageType schema) {
        return new ParquetFilter(path, schema).predicate(condition, true);
    }

    private FilterPredicate predicate(Condition condition, boolean positive) {
        if (condition instanceof Condition.Not not) {
            return predicate(not.condition(), !positive);
        } else if (condition instanceof Condition.And and) {
            return junction(positive, predicate(and.left(), positive), predicate(and.right(), positive));
        } else if (condition instanceof Condition.Or or) {
            return junction(!positive, predicate(or.left(), positive), predicate(or.right(), positive));
        } else if (condition instanceof Condition.Compare compare) {
            return column(compare.column())
                    .compare(positive ? compare.operator() : compare.operator().negated(), compare.value());
        } else if (condition instanceof Condition.In in) {
            return column(in.column()).in(in.values(), positive);
        } else {
            return column(((Condition.Null) condition).column()).isNull(positive);
        }
    }

    private static FilterPredicate junction(boolean and, FilterPredicate left, FilterPredicate right) {
        return and ? FilterApi.and(left, right) : FilterApi.or(left, right);
    }

    private Asked column(String name) {
        PrimitiveType type = find(name);
        ParquetLiterals literals = new ParquetLiterals(path, name, type);
        return switch (type.getPrimitiveTypeName()) {
            case BOOLEAN -> new Booleans(literals, FilterApi.booleanColumn(name));
            case INT32 -> new Ordered<>(FilterApi.intColumn(name), literals::int32, null);
            case INT64 -> new Ordered<>(FilterApi.longColumn(name), literals::int64, null);
            case FLOAT -> new Ordered<>(FilterApi.floatColumn(name), literals::float32, Float.POSITIVE_INFINITY);
            case DOUBLE -> new Ordered<>(FilterApi.doubleColumn(name), literals::float64, Double.POSITIVE_INFINITY);
            case BINARY, FIXED_LEN_BYTE_ARRAY -> new Ordered<>(FilterApi.binaryColumn(name), literals::binary, null);
            case INT96 -> throw unfit(name, type, "a column that has an order");
        };
    }

    private PrimitiveType find(String name) {
        Type type = schema;
        for (String part : name.split("\\.", -1)) {
            if (type.isPrimitive() || !type.asGroupType().containsField(part)) {
                throw new InputException(path + ": no column " + name + " in its schema " + ParquetSchemas.names(schema)
                        + " (expected: what the condition asks for)");
            }
            type = type.asGroupType().getType(part);
            if (type.isRepetition(Type.Repetition.REPEATED)) {
                throw unfit(name, type, "a column that is not repeated");
            }
        }
        if (!type.isPrimitive()) {
            throw unfit(name, type, "a column of single values");
        }
        return type.asPrimitiveType();
    }

    private InputException unfit(String name, Type type, String expected) {
        return new InputException(path + ": column " + name + " is " + ParquetSchemas.name(type) + " (expected: "
                + expected + ", for the condition)");
    }

    /** A column, and what can be asked of it. */
    private interface Asked {
        FilterPredicate compare(Condition.Operator operator, Object value);

        FilterPredicate in(Set<Object> values, boolean positive);

        FilterPredicate isNull(boolean positive);
    }

    /** What Parquet compares a column with. */
    private interface Literal<V> {
        V of(Object value);
    }

    /** A column that has no order. */
    private record Booleans(ParquetLiterals literals, Operators.BooleanColumn column) implements Asked {
        @Override
        public FilterPredicate compare(Condition.Operator operator, Object value) {
            boolean literal = literals.bool(value);
            return switch (operator) {
                case EQ -> FilterApi.eq(column, literal);
                case NE -> FilterApi.eq(column, !literal);
                default -> throw literals.misfit(value, "= or in, for a boolean");
            };
        }

        @Override
        public FilterPredicate in(Set<Object> values, boolean positive) {
            Set<Boolean> wanted = new LinkedHashSet<>();
            values.forEach(value -> wanted.add(literals.bool(value)));
            if (wanted.size() == 1) {
                return FilterApi.eq(column, wanted.contains(true) == positive);
            }
            FilterPredicate any = isNull(false);
            return positive ? any : FilterApi.and(any, isNull(true));
        }

        @Override
        public FilterPredicate isNull(boolean positive) {
            return positive ? FilterApi.eq(column, null) : FilterApi.notEq(column, null);
        }
    }

    /**
     * A column that has an order.
     *
     * @param most what only NaN is greater than, or null where there is no NaN
     */
    private record Ordered<
                    V extends Comparable<V>,
                    C extends Operators.Column<V> & Operators.SupportsEqNotEq & Operators.SupportsLtGt>(
            C column, Literal<V> literal, @Nullable V most) implements Asked {
        @Override
        public FilterPredicate compare(Condition.Operator operator, Object value) {
            V with = literal.of(value);
            return switch (operator) {
                case EQ -> FilterApi.eq(column, with);
                case NE -> some(FilterApi.notEq(column, with));
                case LT -> FilterApi.lt(column, with);
                case LE -> FilterApi.ltEq(column, with);
                case GT -> some(FilterApi.gt(column, with));
                case GE -> some(FilterApi.gtEq(column, with));
            };
        }

        @Override
        public FilterPredicate in(Set<Object> values, boolean positive) {
            Set<V> with = new LinkedHashSet<>();
            values.forEach(value -> with.add(literal.of(value)));
            return positive ? FilterApi.in(column, with) : some(FilterApi.notIn(column, with));
        }

        @Override
        public FilterPredicate isNull(boolean positive) {
            return positive ? FilterApi.eq(column, null) : FilterApi.notEq(column, null);
        }

        /** Takes out null and NaN. */
        private FilterPredicate some(FilterPredicate predicate) {
            return FilterApi.and(predicate, most == null ? isNull(false) : FilterApi.ltEq(column, most));
        }
    }
}
