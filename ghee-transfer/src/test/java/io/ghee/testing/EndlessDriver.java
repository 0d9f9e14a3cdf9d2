package io.ghee.testing;

import static io.ghee.Resources.replicas;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import java.nio.file.Path;

/** A driver in a JVM of its own, whose job goes on until something ends it. */
public final class EndlessDriver {
    private EndlessDriver() {}

    /**
     * Runs the job.
     *
     * @param args the pipeline's name, the sink's directory, and one for the footprints of the last stage
     */
    public static void main(String[] args) throws InterruptedException {
        Ghee.processes()
                .launch(pipeline(args[0], Path.of(args[1]), Footprints.in(Path.of(args[2]))))
                .await();
    }

    /** An endless pipeline of three stages; the last one leaves a footprint when the first record has come. */
    public static Pipeline pipeline(String name, Path sink, Footprints passed) {
        return Pipeline.named(name)
                .readFrom(new Numbers(Numbers.ENDLESS, 2))
                .stage("read", replicas(2))
                .filter(number -> number % 2 == 0)
                .batch(1000)
                .stage("use", replicas(1))
                .map(batch -> batch.records())
                .stage("train", replicas(1))
                .<Learner.Learnt>train(context -> {
                    context.epochs().iterator().next().iterator().next();
                    passed.leave(context.rank());
                    return Learner.train(context);
                })
                .writeTo(Written.to(sink));
    }
}
