package io.ghee.k8s;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;

import io.ghee.DataSize;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A pipeline over the numbers from 0 on, of two readers and a writer. As a main class, the driver of it in a pod, which tells in
 * a file how far it is.
 */
final class Numbers {
    static final int ROWS = 40_000;

    /** What a driver in a pod says of each restart, in the end, begins so. */
    static final String RESTARTED = "restarted: ";

    private static final long TELL_MILLIS = 100;

    private Numbers() {}

    static void write(Path input) throws IOException {
        Files.write(input, IntStream.range(0, ROWS).mapToObj(Integer::toString).toList());
    }

    static Pipeline pipeline(Path input, Path output) {
        return Pipeline.named("numbers")
                .readFrom(Text.lines(input.toString(), Integer::parseInt).splitSize(new DataSize(16_384)))
                .stage("read", replicas(2).cpus(0.1).memory("256Mi"))
                .filter(n -> n % 3 != 0)
                .map(n -> 2 * n)
                .distribute(balanced())
                .stage("write", replicas(1).cpus(0.1).memory("256Mi"))
                .map(Numbers::paced)
                .writeTo(Text.to(output.toString()))
                .withRestarts(20);
    }

    private static int paced(int n) throws InterruptedException {
        if (n % 16 == 0) {
            TimeUnit.MILLISECONDS.sleep(4);
        }
        return n;
    }

    /** What it writes. */
    static List<String> expected() {
        return IntStream.range(0, ROWS)
                .filter(n -> n % 3 != 0)
                .mapToObj(n -> Integer.toString(2 * n))
                .toList();
    }

    /** How many records the readers have had. */
    static long read(Job job) {
        return job.progress().stages().get(0).recordsIn();
    }

    /** What a driver in a pod has told last; 0 if it has told nothing yet. */
    static long told(Path progress) throws IOException {
        return Files.exists(progress) ? Long.parseLong(Files.readString(progress)) : 0;
    }

    private static void tell(Job job, Path progress) {
        try {
            Path fresh = progress.resolveSibling(progress.getFileName() + ".new");
            Files.writeString(fresh, Long.toString(read(job)));
            Files.move(fresh, progress, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What becomes of the first driver in a pod. */
    enum Fate {
        NONE {
            @Override
            void befall(Job job) {}
        },
        /** It fails on the way, as one whose cluster is out of order: it takes the job away. */
        FAILED {
            @Override
            void befall(Job job) throws InterruptedException {
                while (read(job) < ROWS / 4) {
                    TimeUnit.MILLISECONDS.sleep(TELL_MILLIS);
                }
                job.cancel();
                System.exit(GheeException.Kind.INFRASTRUCTURE.exitCode());
            }
        },
        /** It is lost between the commit and its end. */
        LOST_AFTER_COMMIT {
            @Override
            void befall(Job job) throws InterruptedException {
                job.await();
                Runtime.getRuntime().halt(137);
            }
        };

        abstract void befall(Job job) throws InterruptedException;
    }

    /** Drives the job: of a namespace, an image, the input, the output, the file of how far it is, and the first one's fate. */
    public static void main(String[] args) throws InterruptedException, IOException {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try {
            Job job = Kubernetes.namespace(args[0]).image(args[1]).launch(pipeline(Path.of(args[2]), Path.of(args[3])));
            Path progress = Path.of(args[4]);
            Object telling = timer.scheduleWithFixedDelay(
                    () -> tell(job, progress), TELL_MILLIS, TELL_MILLIS, TimeUnit.MILLISECONDS);
            System.out.println("driving " + job.name() + ": " + telling);
            Path first = progress.resolveSibling(progress.getFileName() + ".first");
            if (Files.notExists(first)) {
                Files.createFile(first);
                Fate.valueOf(args[5]).befall(job);
            }
            job.await().restarts().forEach(each -> System.out.println(RESTARTED + each));
            System.exit(0);
        } catch (GheeException e) {
            System.err.println(e.reason());
            System.exit(e.kind().exitCode());
        }
    }
}
