package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

class JobKeysTest {
    private final JobKeys keys = JobKeys.create();

    @Test
    void aWorkersKeysComeBackFromTheirString() {
        WorkerKeys workers = keys.workers();

        WorkerKeys back = WorkerKeys.parse(workers.encoded());

        assertThat(back.job()).isEqualTo(keys.job());
        assertThat(back.sealing()).isEqualTo(workers.sealing());
        assertThat(back.server()).isEqualTo(workers.server());
        assertThat(back.encoded()).isEqualTo(workers.encoded());
    }

    @Test
    void theStringFitsAnEnvironmentVariable() {
        assertThat(keys.workers().encoded()).matches("[A-Za-z0-9_-]{184}");
    }

    @Test
    void everyJobHasItsOwn() {
        Set<String> all = new HashSet<>();
        Set<Long> jobs = new HashSet<>();
        for (int k = 0; k < 20; k++) {
            JobKeys more = JobKeys.create();
            all.add(more.workers().encoded());
            jobs.add(more.job());
            assertThat(more.workers().sealing().getEncoded()).hasSize(32).isNotEqualTo(new byte[32]);
            assertThat(more.workers().sealing().getAlgorithm()).isEqualTo("AES");
        }
        assertThat(all).hasSize(20);
        assertThat(jobs).hasSize(20);
    }

    @Test
    void theDriversSecretKeyStaysWithTheDriver() {
        try (ZContext context = new ZContext()) {
            ZMQ.Socket driver = context.createSocket(SocketType.ROUTER);
            keys.applyTo(driver);
            ZMQ.Socket worker = context.createSocket(SocketType.DEALER);
            keys.workers().applyTo(worker);

            assertThat(worker.getCurveServerKey()).isEqualTo(driver.getCurvePublicKey());
            assertThat(new String(Base64.getUrlDecoder().decode(keys.workers().encoded()), StandardCharsets.ISO_8859_1))
                    .contains(new String(worker.getCurveSecretKey(), StandardCharsets.ISO_8859_1))
                    .doesNotContain(new String(driver.getCurveSecretKey(), StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void theDriverKnowsItsWorkersByTheirPublicKey() {
        try (ZContext context = new ZContext()) {
            ZMQ.Socket worker = context.createSocket(SocketType.DEALER);
            keys.workers().applyTo(worker);

            assertThat(keys.workers().isWorker(worker.getCurvePublicKey())).isTrue();
            assertThat(keys.workers().isWorker(keys.workers().server())).isFalse();
            assertThat(JobKeys.create().workers().isWorker(worker.getCurvePublicKey()))
                    .isFalse();
        }
    }

    @Test
    void printedTheyShowNoSecret() {
        String secret = HexFormat.of().formatHex(keys.workers().sealing().getEncoded());

        assertThat(keys.toString()).isEqualTo("keys of job " + Long.toHexString(keys.job()));
        assertThat(keys.workers().toString()).isEqualTo("keys of a worker of job " + Long.toHexString(keys.job()));
        assertThat(keys + "" + keys.workers() + keys.workers().sealing()).doesNotContain(secret);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AQ", "not base64!", "secret-but-short", "Ag"})
    void whatIsNoneIsRefusedAndNotQuoted(String text) {
        assertThatThrownBy(() -> WorkerKeys.parse(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("keys of the job: " + text.length() + " characters")
                .hasNoCause()
                .satisfies(refused -> assertThat(
                                text.length() > 2 && refused.getMessage().contains(text))
                        .isFalse());
    }

    @Test
    void keysThatAreCutAreRefused() {
        String whole = keys.workers().encoded();
        for (int length = 0; length < whole.length(); length++) {
            String cut = whole.substring(0, length);
            assertThatThrownBy(() -> WorkerKeys.parse(cut)).isInstanceOf(ConfigurationException.class);
        }
        assertThatThrownBy(() -> WorkerKeys.parse("B" + whole.substring(1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("of version 5 (expected: 184 of version 1)");
    }
}
