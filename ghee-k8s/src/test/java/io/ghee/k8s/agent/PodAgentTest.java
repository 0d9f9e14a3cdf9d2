package io.ghee.k8s.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Pipeline;
import io.ghee.agent.Agent;
import io.ghee.agent.ControlServer;
import io.ghee.agent.JobKeys;
import io.ghee.agent.WorkerCommand;
import io.ghee.plan.PlannedStage;
import io.ghee.run.CredentialsProvider;
import io.ghee.run.JobDriver;
import io.ghee.run.RunningJob;
import io.ghee.run.Workers;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What runs in a pod, in a process of its own, over the channel that pods have. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PodAgentTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    /** Credentials that are a word. */
    public static final class Pass implements CredentialsProvider {
        private static volatile @Nullable String word;
        private static volatile Runnable onChange = () -> {};
        private static volatile String taken = "none";

        private static void set(@Nullable String pass) {
            word = pass;
            onChange.run();
        }

        @Override
        public String name() {
            return "pass";
        }

        @Override
        public Optional<Issued> issue(Runnable changed) {
            if (word == null) {
                return Optional.empty();
            }
            onChange = changed;
            return Optional.of(new Issued() {
                @Override
                public byte[] bytes() {
                    return String.valueOf(word).getBytes(StandardCharsets.UTF_8);
                }

                @Override
                public void close() {
                    onChange = () -> {};
                }
            });
        }

        @Override
        public void accept(byte[] bytes) {
            taken = new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** One record. */
    private record One() implements BoundedSource<String>, Split {
        @Override
        public String describe() {
            return "one";
        }

        @Override
        public List<One> splits(int readers) {
            return List.of(this);
        }

        @Override
        public SplitReader<String> open(Split split) {
            return new SplitReader<>() {
                private @Nullable String next = "one";

                @Override
                public @Nullable String next() {
                    String record = next;
                    next = null;
                    return record;
                }

                @Override
                public String position() {
                    return "one";
                }

                @Override
                public void close() {}
            };
        }
    }

    private record ToFile(String file) implements Sink<String> {
        @Override
        public String describe() {
            return file;
        }

        @Override
        public void prepare(String job) {}

        @Override
        public SinkWriter<String> open(String job, int replica, int attempt) {
            return new SinkWriter<>() {
                @Override
                public void write(String record) throws IOException {
                    Files.writeString(Path.of(file), record);
                }

                @Override
                public String finish() {
                    return "finished";
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void commit(String job, List<String> finished) {}

        @Override
        public void abort(String job) {}
    }

    /** A process where there would be a pod. */
    private record OneProcess(JobDriver driver, ControlServer server, JobKeys keys, List<Process> started)
            implements Workers {
        @Override
        public void start() {
            PlannedStage stage = driver.plan().stages().get(0);
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(WorkerCommand.arguments(driver.job(), stage, 0, 0, PodAgent.class));
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            builder.environment().put(Agent.DRIVER, server.endpoint());
            builder.environment().put(Agent.KEYS, keys.workers().encoded());
            builder.environment().put(Agent.HOST, "127.0.0.1");
            server.expect(stage.index(), 0, 0);
            server.start();
            try {
                started.add(builder.start());
            } catch (IOException e) {
                throw new IllegalStateException("no process", e);
            }
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            server.stopWorkers();
            for (Process each : started) {
                boolean ended = each.waitFor(SOON.toMillis(), TimeUnit.MILLISECONDS);
                each.destroyForcibly();
                assertThat(ended).isTrue();
            }
            server.close();
        }
    }

    private static String take(Path begun) throws IOException {
        String first = Pass.taken;
        Files.createFile(begun);
        await().atMost(SOON).until(() -> !first.equals(Pass.taken));
        return first + ", " + Pass.taken;
    }

    @AfterEach
    void reset() {
        Pass.set(null);
    }

    @Test
    void takesTheDriversCredentialsBeforeItsTaskAndNewerOnesWhileItIsAtWork() throws Exception {
        Pass.set("first");
        String begun = directory.resolve("begun").toString();
        Path written = directory.resolve("written");
        Pipeline pipeline = Pipeline.named("passes")
                .readFrom(new One())
                .stage("take", replicas(1))
                .map(one -> take(Path.of(begun)))
                .writeTo(new ToFile(written.toString()));
        JobDriver driver = JobDriver.open("passes", pipeline.plan());
        JobKeys keys = JobKeys.create();
        ControlServer server = new ControlServer(
                driver,
                keys,
                ControlServer.Options.network("127.0.0.1"),
                (stage, replica, reason) -> driver.fail(reason));
        RunningJob job = RunningJob.start(driver, new OneProcess(driver, server, keys, new ArrayList<>()));
        await().atMost(SOON).until(() -> Files.exists(Path.of(begun)));
        Pass.set("second");

        job.await(SOON);

        assertThat(written).hasContent("first, second");
    }
}
