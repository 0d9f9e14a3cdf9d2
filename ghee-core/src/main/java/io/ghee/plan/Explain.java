package io.ghee.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Collectors;

/** Shows a plan to people and programs. */
public final class Explain {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private Explain() {}

    public static String plan(Plan plan, ExplainFormat format) {
        return switch (format) {
            case TEXT -> text(plan);
            case JSON -> json(plan);
            case DOT -> dot(plan);
        };
    }

    private static String text(Plan plan) {
        StringBuilder text = new StringBuilder("pipeline " + plan.pipeline() + "\n");
        for (PlannedStage stage : plan.stages()) {
            text.append("  stage ")
                    .append(stage.name())
                    .append("  (")
                    .append(stage.resources())
                    .append(")\n");
            text.append("    ").append(input(stage, plan)).append('\n');
            stage.steps()
                    .forEach(step -> text.append("    ").append(step.describe()).append('\n'));
            text.append("    ").append(output(stage, plan)).append('\n');
        }
        return text.toString();
    }

    private static String input(PlannedStage stage, Plan plan) {
        if (stage.input() instanceof PlannedStage.FromStage from) {
            String what = from.unbatch() ? "records" : "batches" + (from.rebatch() > 0 ? " of " + from.rebatch() : "");
            return "receive " + what + " from " + plan.stage(from.stage()).name();
        }
        PlannedStage.FromSource from = (PlannedStage.FromSource) stage.input();
        return "read " + from.source().describe() + (from.heldOutPass() > 0 ? " + 1 pass of held-out records" : "");
    }

    private static String output(PlannedStage stage, Plan plan) {
        if (stage.output() instanceof PlannedStage.ToStage to) {
            return "send " + (to.group() == null ? "batches " : "records ") + to.distribution() + " to "
                    + plan.stage(to.stage()).name();
        }
        return "write " + ((PlannedStage.ToSink) stage.output()).sink().describe();
    }

    private static String json(Plan plan) {
        ObjectNode root = JSON.createObjectNode().put("pipeline", plan.pipeline());
        ArrayNode stages = root.putArray("stages");
        for (PlannedStage stage : plan.stages()) {
            ObjectNode node = stages.addObject().put("name", stage.name());
            ObjectNode resources = node.putObject("resources")
                    .put("replicas", stage.replicas())
                    .put("cpus", stage.resources().cpus())
                    .put("gpus", stage.resources().gpus());
            stage.resources().memory().ifPresent(memory -> resources.put("memoryBytes", memory.bytes()));
            stage.resources().image().ifPresent(image -> resources.put("image", image));
            node.put("input", input(stage, plan));
            ArrayNode steps = node.putArray("steps");
            stage.steps().forEach(step -> steps.add(step.describe()));
            node.put("output", output(stage, plan));
            if (stage.output() instanceof PlannedStage.ToStage to) {
                node.put("to", plan.stage(to.stage()).name());
                node.put("distribution", to.distribution().toString());
            }
        }
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of strings and numbers is always JSON", e);
        }
    }

    private static String dot(Plan plan) {
        StringBuilder dot = new StringBuilder("digraph \"" + escape(plan.pipeline()) + "\" {\n  rankdir=LR;\n");
        dot.append("  node [shape=box, fontname=\"sans-serif\"];\n");
        dot.append("  source [shape=cylinder, label=\"")
                .append(escape(plan.source().describe()))
                .append("\"];\n");
        String previous = "source";
        String edge = "";
        for (PlannedStage stage : plan.stages()) {
            String id = "\"" + stage.name() + "\"";
            String steps = stage.steps().stream()
                    .map(Step::describe)
                    .map(Explain::escape)
                    .collect(Collectors.joining("\\l"));
            dot.append("  ")
                    .append(id)
                    .append(" [label=\"")
                    .append(stage.name())
                    .append(" x ")
                    .append(stage.replicas())
                    .append("\\n")
                    .append(steps)
                    .append(stage.steps().isEmpty() ? "" : "\\l")
                    .append("\"];\n");
            dot.append("  ")
                    .append(previous)
                    .append(" -> ")
                    .append(id)
                    .append(edge)
                    .append(";\n");
            previous = id;
            edge = stage.output() instanceof PlannedStage.ToStage to ? " [label=\"" + to.distribution() + "\"]" : "";
        }
        dot.append("  sink [shape=cylinder, label=\"")
                .append(escape(plan.sink().describe()))
                .append("\"];\n");
        return dot.append("  ").append(previous).append(" -> sink;\n}\n").toString();
    }

    private static String escape(String text) {
        return List.of("\\", "\"").stream().reduce(text, (t, c) -> t.replace(c, "\\" + c));
    }
}
