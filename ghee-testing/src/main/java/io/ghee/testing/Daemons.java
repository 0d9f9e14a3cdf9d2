package io.ghee.testing;

/** Threads that hold no JVM. */
final class Daemons {
    private Daemons() {}

    static Thread start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
