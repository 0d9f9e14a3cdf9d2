package io.ghee.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LoggingTest {
    @Test
    void warningsGoToStderrEachInALine() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        LoggerContext context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        PrintStream before = System.err;
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(new Logging().configure(context))
                    .isEqualTo(Configurator.ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
            context.getLogger("io.ghee.run.Hangs").debug("not asked for");
            context.getLogger("org.apache.hadoop.hdfs.server.Any").error("off");
            context.getLogger("io.ghee.run.Hangs").warn("waits {} s", 3);
            context.getLogger("Bare").error("failed", new IllegalStateException("why"));
        } finally {
            System.setErr(before);
            context.stop();
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .matches("\\d\\d:\\d\\d:\\d\\d WARN  Hangs: waits 3 s\n"
                        + "\\d\\d:\\d\\d:\\d\\d ERROR Bare: failed\n"
                        + "java.lang.IllegalStateException: why\n(\tat .*\n)+");
    }
}
