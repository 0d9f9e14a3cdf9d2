package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What must be true of a row, told so that storage can leave out what it need not read. Columns are named as in the file,
 * those in groups with dots: {@code address.city}.
 *
 * <p>As in SQL, a row whose value is null satisfies no comparison, under {@link #not} neither: only {@link #isNull} is true
 * of it. The same holds for NaN, of which nothing is true but {@code not(isNull)}. Strings are compared by code points.
 *
 * <p>Values are those that a component of the column's type would have: a {@code Number}, {@code Boolean}, {@code String},
 * enum, {@code byte[]}, {@code LocalDate}, {@code Instant} or {@code BigDecimal}.
 */
public sealed interface Condition extends Serializable {
    /** True if the value equals this one. */
    static Condition eq(String column, Object value) {
        return new Compare(column, Operator.EQ, value);
    }

    /** True if the value is less. */
    static Condition lt(String column, Object value) {
        return new Compare(column, Operator.LT, value);
    }

    /** True if the value is less or equal. */
    static Condition le(String column, Object value) {
        return new Compare(column, Operator.LE, value);
    }

    /** True if the value is greater. */
    static Condition gt(String column, Object value) {
        return new Compare(column, Operator.GT, value);
    }

    /** True if the value is greater or equal. */
    static Condition ge(String column, Object value) {
        return new Compare(column, Operator.GE, value);
    }

    /** True if the value is one of these; at least one. */
    static Condition in(String column, Object... values) {
        check(values.length > 0, "in(" + column + ")", "no value", "at least one");
        return new In(column, new LinkedHashSet<>(Arrays.asList(values)));
    }

    /** True if there is no value. */
    static Condition isNull(String column) {
        return new Null(column);
    }

    /** True where {@code condition} is false. */
    static Condition not(Condition condition) {
        return new Not(condition);
    }

    /** True where both are. */
    default Condition and(Condition other) {
        return new And(this, other);
    }

    /** True where one is. */
    default Condition or(Condition other) {
        return new Or(this, other);
    }

    /** How a value is compared. */
    enum Operator {
        EQ("="),
        NE("!="),
        LT("<"),
        LE("<="),
        GT(">"),
        GE(">=");

        private final String sign;

        Operator(String sign) {
            this.sign = sign;
        }

        /** What is true of the values of which this is not. */
        Operator negated() {
            return switch (this) {
                case EQ -> NE;
                case NE -> EQ;
                case LT -> GE;
                case LE -> GT;
                case GT -> LE;
                case GE -> LT;
            };
        }
    }

    /** A comparison with one value. */
    record Compare(String column, Operator operator, Object value) implements Condition {
        @Override
        public String toString() {
            return column + " " + operator.sign + " " + value;
        }
    }

    /** A comparison with several values. */
    record In(String column, Set<Object> values) implements Condition {
        @Override
        public String toString() {
            return column + " in " + values.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
        }
    }

    /** A test for null. */
    record Null(String column) implements Condition {
        @Override
        public String toString() {
            return column + " is null";
        }
    }

    /** A negation. */
    record Not(Condition condition) implements Condition {
        @Override
        public String toString() {
            return "not (" + condition + ")";
        }
    }

    /** A conjunction. */
    record And(Condition left, Condition right) implements Condition {
        @Override
        public String toString() {
            return "(" + left + " and " + right + ")";
        }
    }

    /** A disjunction. */
    record Or(Condition left, Condition right) implements Condition {
        @Override
        public String toString() {
            return "(" + left + " or " + right + ")";
        }
    }

    /** The columns that are asked for. */
    default List<String> columns() {
        if (this instanceof Compare compare) {
            return List.of(compare.column);
        } else if (this instanceof In in) {
            return List.of(in.column);
        } else if (this instanceof Null isNull) {
            return List.of(isNull.column);
        } else if (this instanceof Not not) {
            return not.condition.columns();
        } else if (this instanceof And and) {
            return join(and.left, and.right);
        } else {
            return join(((Or) this).left, ((Or) this).right);
        }
    }

    private static List<String> join(Condition left, Condition right) {
        Set<String> both = new LinkedHashSet<>(left.columns());
        both.addAll(right.columns());
        return List.copyOf(both);
    }
}
