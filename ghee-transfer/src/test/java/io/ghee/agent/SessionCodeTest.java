package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.function.RecordFunction;
import io.ghee.plan.Plan;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Classes that no class path has; those of JShell are in the tests of the examples. */
class SessionCodeTest {
    /** Names another class in a field, and one in code. */
    static final class Scaling implements RecordFunction<Integer, Integer> {
        private final Factor[] factors = {new Factor(3)};

        @Override
        public Integer apply(Integer number) {
            return Helper.times(number, factors[0].value());
        }
    }

    record Factor(int value) implements java.io.Serializable {}

    private static final class Helper {
        static int times(int number, int factor) {
            return number * factor;
        }
    }

    /** Defines this test's classes anew, from memory. */
    private static final class FromMemory extends ClassLoader {
        private final boolean givesBytes;

        FromMemory(boolean givesBytes) {
            super(SessionCodeTest.class.getClassLoader());
            this.givesBytes = givesBytes;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(SessionCodeTest.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            String file = name.replace('.', '/') + ".class";
            try (InputStream in = Objects.requireNonNull(getParent().getResourceAsStream(file))) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        public @Nullable URL getResource(String name) {
            return givesBytes ? super.getResource(name) : null;
        }
    }

    @SuppressWarnings("unchecked")
    private static Plan plan(ClassLoader loader) throws ReflectiveOperationException {
        var scaling = Class.forName(Scaling.class.getName(), true, loader).getDeclaredConstructor();
        scaling.setAccessible(true);
        return Pipeline.named("session")
                .readFrom(new Numbers(10, 1))
                .stage("read", replicas(1))
                .map((RecordFunction<Integer, Integer>) scaling.newInstance())
                .writeTo(new Written<Integer>("somewhere"))
                .plan();
    }

    @Test
    void classesThatAreInMemoryAloneTravelWithAllThatTheyName() throws ReflectiveOperationException {
        PlanBytes bytes = PlanBytes.of(plan(new FromMemory(true)));

        assertThat(bytes.session().keySet())
                .contains(Scaling.class.getName(), Factor.class.getName(), Helper.class.getName())
                .allSatisfy(name -> assertThat(name).startsWith(SessionCodeTest.class.getName()));
    }

    @Test
    void whatIsOnAClassPathStaysThere() throws ReflectiveOperationException {
        PlanBytes bytes = PlanBytes.of(plan(SessionCodeTest.class.getClassLoader()));

        assertThat(bytes.session()).isEmpty();
        assertThat(bytes.loader()).isSameAs(PlanBytes.class.getClassLoader());
    }

    @Test
    void aClassWithoutBytesIsNamed() {
        assertThatThrownBy(() -> PlanBytes.of(plan(new FromMemory(false))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        "class " + Scaling.class.getName() + " is in the memory of this JVM alone, and its" + " loader "
                                + FromMemory.class.getName() + " does not give its bytes");
    }
}
