package io.ghee.io.file;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Writes to sinks as the engine does. */
final class Writing {
    private static final String JOB = "job-1";

    private Writing() {}

    /** Each list by a replica of its own. */
    @SafeVarargs
    static <T> void to(Sink<T> sink, List<T>... replicas) throws Exception {
        Sink<T> there = Reading.shipped(sink);
        sink.prepare(JOB);
        List<String> finished = new ArrayList<>();
        for (int replica = 0; replica < replicas.length; replica++) {
            try (SinkWriter<T> writer = there.open(JOB, replica, 0)) {
                for (T record : replicas[replica]) {
                    writer.write(record);
                }
                finished.add(writer.finish());
            }
        }
        sink.commit(JOB, finished);
    }

    /** The data files in a directory, by name. */
    static List<Path> files(Path directory) throws Exception {
        try (Stream<Path> content = Files.list(directory)) {
            return content.filter(path -> !path.getFileName().toString().startsWith("_"))
                    .sorted()
                    .toList();
        }
    }
}
