package io.ghee.k8s;

import static io.ghee.Resources.replicas;

import io.ghee.Pipeline;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pipeline that is only looked at. */
final class Samples {
    private Samples() {}

    private record Nothing() implements BoundedSource<String>, Split {
        @Override
        public String describe() {
            return "nothing";
        }

        @Override
        public List<Nothing> splits(int readers) {
            return List.of(this);
        }

        @Override
        public SplitReader<String> open(Split split) {
            return new SplitReader<>() {
                @Override
                public @Nullable String next() {
                    return null;
                }

                @Override
                public String position() {
                    return "nothing";
                }

                @Override
                public void close() {}
            };
        }
    }

    private record Nowhere() implements Sink<Object> {
        @Override
        public String describe() {
            return "nowhere";
        }

        @Override
        public void prepare(String job) {}

        @Override
        public SinkWriter<Object> open(String job, int replica, int attempt) {
            throw new UnsupportedOperationException("only looked at");
        }

        @Override
        public void commit(String job, List<String> finished) {}

        @Override
        public void abort(String job) {}
    }

    /** Two readers, and a trainer with a GPU, an image and memory of its own. */
    static Pipeline pipeline(String name, String reader) {
        return Pipeline.named(name)
                .readFrom(new Nothing())
                .stage(reader, replicas(2).cpus(0.5))
                .batch(10)
                .stage("train", replicas(1).gpus(1).cpus(2).memory("1Gi").image("ml/agent-cuda:3"))
                .writeTo(new Nowhere());
    }
}
