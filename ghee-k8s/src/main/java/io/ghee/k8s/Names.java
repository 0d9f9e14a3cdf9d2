package io.ghee.k8s;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names as Kubernetes takes them: labels of RFC 1123 of at most {@value #LONGEST} characters, and names of several. */
final class Names {
    static final int LONGEST = 63;
    /** A hyphen, the replica, a hyphen, the life. */
    private static final int NUMBERS = "-9999-999".length();

    /** So much of a uid that it does not come up twice in the drivers of one job. */
    private static final int UID_PREFIX = 8;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private Names() {}

    static String label(String what, String name) {
        check(
                LABEL.matcher(name).matches() && name.length() <= LONGEST,
                what,
                '"' + name + '"',
                "lower-case letters, digits and hyphens, at most " + LONGEST);
        return name;
    }

    static String subdomain(String what, String name) {
        check(
                SUBDOMAIN.matcher(name).matches() && name.length() <= 253,
                what,
                '"' + name + '"',
                "lower-case letters, digits, hyphens and dots, at most 253");
        return name;
    }

    /** The name of a job on Kubernetes, which is that of a service, too: a label that begins with a letter. */
    static String job(String unique) {
        String job = label("pipeline", unique.toLowerCase(Locale.ROOT));
        check(!Character.isDigit(job.charAt(0)), "pipeline", '"' + job + '"', "a letter at the beginning");
        return job;
    }

    /**
     * The same for a job of stages: that of the pods begins with it, so it must leave room for the rest.
     *
     * @throws ConfigurationException if the pipeline, or a stage, cannot be named so
     */
    static String job(String unique, Plan plan) {
        String job = job(unique);
        for (PlannedStage stage : plan.stages()) {
            String name = label("stage", stage.name());
            int length = job.length() + 1 + name.length() + NUMBERS;
            check(
                    length <= LONGEST,
                    "pods of stage " + name + " of job " + job,
                    "names of up to " + length + " characters",
                    "at most " + LONGEST + ": shorten the name of the pipeline or the stage");
        }
        return job;
    }

    /** The name of a pod, by which it is created once however often it is asked for. */
    static String pod(String job, PlannedStage stage, int replica, int life) {
        return job + "-" + stage.name() + "-" + replica + "-" + life;
    }

    /**
     * The name of the secret of a driver: each that has the job has keys of its own.
     *
     * @param lease its uid
     */
    static String secret(String job, String lease, int takeovers) {
        return job + "-keys-" + lease.substring(0, Math.min(UID_PREFIX, lease.length())) + "-" + takeovers;
    }
}
