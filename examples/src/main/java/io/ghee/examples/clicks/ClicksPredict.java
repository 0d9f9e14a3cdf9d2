package io.ghee.examples.clicks;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;

import ai.djl.Device;
import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.Payload;
import io.ghee.models.FactorizationMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The job: clicks stream out of a topic and through a saved model, and predictions go into another topic, each once. */
final class ClicksPredict {
    private ClicksPredict() {}

    static Pipeline pipeline(ClicksPredictJob job) {
        String model = job.model();
        return Pipeline.named(job.jobName())
                .readFrom(job.clicks())
                .stage("decode", replicas(2))
                .filter(Click::isHuman)
                .map(Click::features)
                .batch(1024, Duration.ofMillis(50))
                .distribute(balanced())
                .stage("predict", replicas(2))
                .mapWith(replica -> FactorizationMachine.load(Path.of(model), Device.cpu()), ClicksPredict::predict)
                .writeTo(Kafka.to(job.predictions().name(), Payload.json(Prediction.class))
                        .bootstrapServers(job.predictions().servers())
                        .key(Prediction::click))
                .commitEvery(Duration.ofSeconds(2));
    }

    private static List<Prediction> predict(FactorizationMachine model, Batch<Click.Features> clicks) {
        float[] scores = model.predict(clicks);
        List<Prediction> predictions = new ArrayList<>(scores.length);
        for (Click.Features click : clicks) {
            predictions.add(new Prediction(click.click(), scores[predictions.size()]));
        }
        return predictions;
    }

    /** Another job, which trains the model: on clicks of which it is known what became of them. */
    static Pipeline training(GeneratedClicks clicks, String model) {
        return Pipeline.named("clicks-fm")
                .readFrom(clicks.epochs(3))
                .stage("train", replicas(1))
                .map(LoggedClick::outcome)
                .map(LoggedClick.Outcome::example)
                .batch(256)
                .train(FactorizationMachine.training(
                        FactorizationMachine.Config.of(Click.Features.IDS, 0.2f, clicks.seed())))
                .writeTo(Artifacts.to(model));
    }
}
