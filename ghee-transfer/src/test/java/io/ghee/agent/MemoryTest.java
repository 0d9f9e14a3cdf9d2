package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryTest {
    @Test
    void itIsToldInMebibytesEvenWhereThereIsNone() {
        assertThat(new Memory(100 << 20, 150 << 20, 0, 0)).hasToString("heap 100 MiB of 150 MiB, direct buffers 0 MiB");
        assertThat(Memory.now().toString()).matches("heap \\d+ MiB of \\d+ MiB, direct buffers \\d+ MiB.*");
    }
}
