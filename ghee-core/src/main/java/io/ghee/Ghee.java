package io.ghee;

import io.ghee.run.Launcher;
import io.ghee.run.LocalLauncher;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** The entry point: the launchers there are. */
public final class Ghee {
    private Ghee() {}

    /** Runs pipelines in this JVM, a thread per replica: for notebooks, tests and small data. */
    public static Launcher local() {
        return new LocalLauncher();
    }

    /** Runs pipelines on this machine, a JVM per replica; needs ghee-transfer on the class path. */
    public static Launcher processes() {
        return launcher("processes");
    }

    /**
     * The launcher of a name.
     *
     * @throws ConfigurationException if no module on the class path brings it, naming those there are
     */
    public static Launcher launcher(String name) {
        List<Launcher> all = new ArrayList<>(List.of(local()));
        ServiceLoader.load(Launcher.class).forEach(all::add);
        return all.stream()
                .filter(launcher -> launcher.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException("launcher: \"" + name + "\" (expected: one of "
                        + all.stream().map(Launcher::name).toList() + ")"));
    }
}
