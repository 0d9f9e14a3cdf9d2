package io.ghee.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.sink.SinkWriter;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class NumbersSinkTest {
    private static final long RECORDS = 600_001;

    private static String written(long from) throws Exception {
        Sequence<Long> sequence = new Sequence<>(RECORDS, number -> number);
        try (SinkWriter<Long> writer = new NumbersSink<Long>(RECORDS, number -> number).open("job", 0, 0)) {
            for (Split split : sequence.splits(1)) {
                try (SplitReader<Long> reader = sequence.open(split)) {
                    for (Long number = reader.next(); number != null; number = reader.next()) {
                        if (number >= from) {
                            writer.write(number);
                        }
                    }
                }
            }
            return writer.finish();
        }
    }

    @Test
    void theWholeSequenceIsCommitted() throws Exception {
        new NumbersSink<Long>(RECORDS, number -> number).commit("job", List.of(written(0)));
    }

    @Test
    void anythingElseIsRefused() throws Exception {
        NumbersSink<Long> sink = new NumbersSink<>(RECORDS, number -> number);
        String part = written(1);
        assertThat(part).startsWith("600000 ");
        assertThatThrownBy(() -> sink.commit("job", List.of(part)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("600000 records");
        assertThatThrownBy(() -> sink.commit("job", List.of(part, "1 5"))).isInstanceOf(IOException.class);
        sink.commit("job", List.of(part, "1 0"));
    }

    @Test
    void memoryIsReadInKilobytes() {
        assertThat(WorkerProcess.bytes(List.of("VmPeak:\t 9 kB", "VmRSS:\t     2 kB"), "VmRSS:"))
                .isEqualTo(2048);
        assertThat(WorkerProcess.bytes(List.of(), "VmRSS:")).isZero();
    }
}
