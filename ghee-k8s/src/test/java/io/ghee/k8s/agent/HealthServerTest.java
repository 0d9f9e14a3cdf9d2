package io.ghee.k8s.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.agent.Pulse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    @Test
    void aWorkerIsAliveBeforeItIsReady() throws IOException, InterruptedException {
        HealthServer server = HealthServer.start(new Pulse(), 0);
        assertThat(get(server, PodAgent.LIVE).statusCode()).isEqualTo(200);
        HttpResponse<String> ready = get(server, PodAgent.READY);
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).isEqualTo("the driver has not let the worker in yet\n");
    }

    private static HttpResponse<String> get(HealthServer server, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
