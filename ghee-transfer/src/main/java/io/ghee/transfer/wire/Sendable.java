package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.KryoException;
import io.ghee.ConfigurationException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * Which classes may travel between stages by Kryo. What arrives names its classes, and a reader that makes an object of any
 * class that is named can be led to run what was never meant to run: constructors, {@code hashCode}, {@code compareTo} and
 * {@code finalize} of some library. So these alone are written and read:
 *
 * <ul>
 *   <li>values of the JDK, by the list below, and its enums;
 *   <li>collections, maps and entries of {@code java.util} and {@code java.util.concurrent};
 *   <li>arrays of what may travel;
 *   <li>records and enums of the class path: data by their nature, made by a constructor that can refuse;
 *   <li>other classes of the class path, if a file {@value #LIST} there names them, or their package: {@code com.acme.Point},
 *       {@code com.acme.model.*}. One class or package a line; {@code #} begins a comment.
 * </ul>
 *
 * <p>Why plain classes have to be named: nothing in a class says that it is harmless data. {@code Serializable} does not, it is
 * what the known chains of gadgets are made of, and where it comes from does not, for a job often is one jar with all its
 * libraries. The JDK's own classes cannot be named.
 *
 * <p>Immutable. The file is read when this is made, by the class loader that is given.
 */
final class Sendable {
    /** The file that names classes. */
    static final String LIST = "META-INF/ghee/wire-classes";

    private static final Set<Class<?>> VALUES = Set.of(
            Boolean.class,
            Byte.class,
            Character.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            String.class,
            BigInteger.class,
            BigDecimal.class,
            UUID.class,
            URI.class,
            BitSet.class,
            Locale.class,
            Currency.class,
            Date.class,
            Optional.class,
            OptionalInt.class,
            OptionalLong.class,
            OptionalDouble.class,
            Duration.class,
            Instant.class,
            LocalDate.class,
            LocalTime.class,
            LocalDateTime.class,
            MonthDay.class,
            OffsetDateTime.class,
            OffsetTime.class,
            Period.class,
            Year.class,
            YearMonth.class,
            ZoneOffset.class,
            ZonedDateTime.class);

    /** Values whose classes are not public, or not in every Java runtime. */
    private static final Set<String> MORE_VALUES = Set.of("java.time.ZoneRegion", "java.sql.Timestamp");

    private static final Set<String> COLLECTIONS = Set.of("java.util", "java.util.concurrent");

    private final Set<String> named;

    Sendable(ClassLoader loader) {
        named = new HashSet<>();
        try {
            for (URL list : Collections.list(loader.getResources(LIST))) {
                try (BufferedReader lines =
                        new BufferedReader(new InputStreamReader(list.openStream(), StandardCharsets.UTF_8))) {
                    lines.lines()
                            .map(line -> line.replaceFirst("#.*", "").strip())
                            .filter(line -> !line.isEmpty())
                            .forEach(named::add);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new ConfigurationException("a file " + LIST + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Whether objects of this class may travel.
     *
     * @throws KryoException if not, saying what could be done
     */
    void check(Class<?> type) {
        Class<?> component = type;
        while (component.isArray()) {
            component = component.getComponentType();
        }
        if (component.isPrimitive() || (component != type && isOpen(component)) || isAllowed(component)) {
            return;
        }
        throw new KryoException(
                isOfJdk(component)
                        ? component.getName() + " does not travel (expected: a record, an enum, or a number, text, time"
                                + " or collection of the JDK)"
                        : component.getName() + " is a class that nobody has named (expected: a record or an enum; or "
                                + component.getName() + " or " + component.getPackageName() + ".* in a file " + LIST
                                + " on the class path)");
    }

    /** An array of these says nothing of what is in it; each element is checked. */
    private static boolean isOpen(Class<?> component) {
        return component == Object.class || Modifier.isAbstract(component.getModifiers());
    }

    private boolean isAllowed(Class<?> type) {
        if (isOfJdk(type)) {
            return isValue(type)
                    || isCollection(type)
                    || (isEnum(type) && type.getName().startsWith("java."));
        }
        return type.isRecord()
                || isEnum(type)
                || named.contains(type.getName())
                || named.contains(type.getPackageName() + ".*");
    }

    /** A number, a text, a time and the like, of the JDK. */
    static boolean isValue(Class<?> type) {
        return VALUES.contains(type) || (isOfJdk(type) && MORE_VALUES.contains(type.getName()));
    }

    /** A collection, map or entry of the JDK. */
    static boolean isCollection(Class<?> type) {
        return isOfJdk(type)
                && COLLECTIONS.contains(type.getPackageName())
                && (Collection.class.isAssignableFrom(type)
                        || Map.class.isAssignableFrom(type)
                        || Map.Entry.class.isAssignableFrom(type));
    }

    /** An enum, or the class of a constant that has a body. */
    private static boolean isEnum(Class<?> type) {
        return type.isEnum()
                || (type.getSuperclass() != null && type.getSuperclass().isEnum());
    }

    private static boolean isOfJdk(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        return loader == null || loader == ClassLoader.getPlatformClassLoader();
    }

    /**
     * Whether objects of this class are told apart, so that one that is met twice is one afterwards: plain classes alone. The
     * rest is written wherever it is met. That a few bytes could not stand for sets in sets in sets, whose hash takes for ever
     * to compute, is the other reason.
     */
    static boolean hasIdentity(Class<?> type) {
        return !type.isArray() && !type.isPrimitive() && !type.isRecord() && !isEnum(type) && !isOfJdk(type);
    }
}
