package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An API server that keeps objects, and does what a real one cannot be made to do where a test says so. It collects no garbage,
 * runs no pods, and takes no notice of preconditions on deletes.
 */
public final class MockApi implements AutoCloseable {
    public static final String NAMESPACE = "ml";

    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<RecordedRequest> asked = new CopyOnWriteArrayList<>();
    private volatile UnaryOperator<Pod> admission = pod -> pod;
    private final Dispatcher real = new KubernetesMixedDispatcher(new HashMap<>());
    private final KubernetesMockServer server =
            new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), new Faulty(), false);
    private final KubernetesClient client;

    /** What it answers to some requests, for so many times. */
    private record Fault(
            String method, String path, AtomicInteger times, Function<RecordedRequest, MockResponse> answer) {
        boolean takes(RecordedRequest request) {
            return method.equals(request.getMethod())
                    && request.getPath().contains(path)
                    && times.getAndDecrement() > 0;
        }
    }

    private final class Faulty extends Dispatcher {
        @Override
        public MockResponse dispatch(RecordedRequest request) {
            asked.add(request);
            MockResponse answer = answer(request);
            WebSocketListener watch = answer.getWebSocketListener();
            return watch == null ? answer : answer.withWebSocketUpgrade(new EndedAside(watch));
        }

        private MockResponse answer(RecordedRequest request) {
            for (Fault fault : faults) {
                if (fault.takes(request)) {
                    return fault.answer.apply(request);
                }
            }
            return real(request);
        }
    }

    /**
     * A watch whose end is told to it by a thread of its own: what the server has for watches then waits for its last event to be
     * sent, for half a minute, and that is for the thread that tells it to do.
     */
    private static final class EndedAside extends WebSocketListener {
        private final WebSocketListener watch;

        EndedAside(WebSocketListener watch) {
            this.watch = watch;
        }

        @Override
        public void onBeforeAccept(WebSocket socket, Response response) {
            watch.onBeforeAccept(socket, response);
        }

        @Override
        public void onOpen(WebSocket socket, Response response) {
            watch.onOpen(socket, response);
        }

        @Override
        public void onClosing(WebSocket socket, int code, String reason) {
            watch.onClosing(socket, code, reason);
        }

        @Override
        public void onClosed(WebSocket socket, int code, String reason) {
            aside(() -> watch.onClosed(socket, code, reason));
        }

        @Override
        public void onFailure(WebSocket socket, Throwable error, Response response) {
            aside(() -> watch.onFailure(socket, error, response));
        }

        private static void aside(Runnable end) {
            Thread thread = new Thread(end, "watch-end");
            thread.setDaemon(true);
            thread.start();
        }
    }

    public MockApi() {
        server.init();
        client = new KubernetesClientBuilder().withConfig(config()).build();
    }

    private MockResponse real(RecordedRequest request) {
        boolean isPod = "POST".equals(request.getMethod()) && request.getPath().endsWith("/pods");
        return real.dispatch(isPod ? pending(request) : request);
    }

    private RecordedRequest pending(RecordedRequest request) {
        Pod pod = Serialization.unmarshal(request.getUtf8Body(), Pod.class);
        if (pod.getStatus() == null) {
            pod = new PodBuilder(pod)
                    .withNewStatus()
                    .withPhase("Pending")
                    .endStatus()
                    .build();
        }
        pod = admission.apply(pod);
        return new RecordedRequest(
                request.getHttpVersion(),
                request.method(),
                request.getPath(),
                request.getHeaders(),
                new Buffer(Serialization.asJson(pod).getBytes(StandardCharsets.UTF_8)));
    }

    private Config config() {
        return config(server.getPort());
    }

    static Config config(int port) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("http://localhost:" + port)
                .withNamespace(NAMESPACE)
                .withRequestRetryBackoffInterval(10)
                .build();
    }

    /** Of the test. */
    public KubernetesClient client() {
        return client;
    }

    /** As a job sees it. To be closed. */
    Cluster cluster() {
        return Cluster.of(config(), NAMESPACE, Duration.ofSeconds(15));
    }

    /** Answers the next requests of a method, with {@code path} in theirs, so. */
    void answer(String method, String path, int times, Function<RecordedRequest, MockResponse> answer) {
        faults.add(new Fault(method, path, new AtomicInteger(times), answer));
    }

    /** Refuses the next requests of a method, with {@code path} in theirs. */
    public void refuse(String method, String path, int times, int code, String message) {
        answer(method, path, times, request -> status(code, message));
    }

    /** Does what the next such request asks, and says that it has failed. */
    void loseAnswer(String method, String path) {
        answer(method, path, 1, request -> {
            MockResponse lost = real(request);
            return status(500, "after " + lost.code());
        });
    }

    /** What it makes of the pods that are created from now on. */
    void admit(UnaryOperator<Pod> how) {
        admission = how;
    }

    static MockResponse json(int code, Object body) {
        return new MockResponse()
                .setResponseCode(code)
                .addHeader("Content-Type", "application/json")
                .setBody(Serialization.asJson(body));
    }

    private static MockResponse status(int code, String message) {
        return json(
                code,
                new StatusBuilder()
                        .withStatus("Failure")
                        .withCode(code)
                        .withMessage(message)
                        .build());
    }

    /** The bodies of the requests of a method, with {@code path} in theirs, so far. */
    public List<String> asked(String method, String path) {
        return asked.stream()
                .filter(request ->
                        method.equals(request.getMethod()) && request.getPath().contains(path))
                .map(RecordedRequest::getUtf8Body)
                .toList();
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }
}
