package io.ghee.examples.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.LayoutBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.slf4j.Logger;

/**
 * What the command line and its workers log, and where: warnings, to stderr. In code and not in {@code logback.xml}, as every
 * worker would parse that when it starts. {@code -Dlogback.configurationFile} names another configuration, in place of this one.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    /** Levels of those who say too much, or too little. */
    private static final Map<String, Level> LEVELS = Map.of(
            // Warns that there is no GPU wherever there is none.
            "ai.djl.util.cuda", Level.ERROR,
            // Says in every process that it does without native code.
            "org.apache.hadoop.util.NativeCodeLoader", Level.ERROR,
            // Servers that examples start: they warn that they are new, and that they are stopped.
            "org.apache.kafka.controller", Level.ERROR,
            "org.apache.kafka.clients.NetworkClient", Level.ERROR,
            "org.apache.hadoop.hdfs.server", Level.OFF,
            "org.apache.hadoop.fs.CachingGetSpaceUsed", Level.ERROR,
            "org.apache.hadoop.security.authentication.server", Level.ERROR);

    /** At DEBUG, where in its code a worker hangs. */
    private static final String HANGS = "io.ghee.run.Hangs";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(new Line());
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(context);
        stderr.setName("stderr");
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder);
        stderr.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(System.getProperty("ghee.log"), Level.WARN));
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(stderr);
        LEVELS.forEach((name, level) -> context.getLogger(name).setLevel(level));
        context.getLogger(HANGS).setLevel(Level.toLevel(System.getProperty("ghee.log.hangs"), null));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Such as {@code 12:00:00 WARN  Hangs: message}. */
    private static final class Line extends LayoutBase<ILoggingEvent> {
        @Override
        public String doLayout(ILoggingEvent event) {
            String time = DateTimeFormatter.ofPattern("HH:mm:ss")
                    .format(Instant.ofEpochMilli(event.getTimeStamp()).atZone(ZoneId.systemDefault()));
            String logger = event.getLoggerName();
            StringBuilder line = new StringBuilder(time)
                    .append(' ')
                    .append(String.format("%-5s", event.getLevel()))
                    .append(' ')
                    .append(logger, logger.lastIndexOf('.') + 1, logger.length())
                    .append(": ")
                    .append(event.getFormattedMessage())
                    .append('\n');
            if (event.getThrowableProxy() != null) {
                line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            return line.toString();
        }
    }
}
