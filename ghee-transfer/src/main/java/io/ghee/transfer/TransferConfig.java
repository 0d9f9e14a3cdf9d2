package io.ghee.transfer;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import java.time.Duration;

/**
 * How the channels of one worker are set up.
 *
 * @param host the address that outlets bind to, and that inlets reach them by
 * @param job the number that every frame of the job bears; frames of another job are refused
 * @param generation the attempt that this worker belongs to
 * @param credit bytes that an outlet may have on the way to each consumer; a larger frame goes alone
 * @param connectTimeout how long an outlet waits for a consumer to connect
 */
public record TransferConfig(String host, long job, int generation, DataSize credit, Duration connectTimeout) {
    /** Enough to keep a consumer busy for some tens of usual batches. */
    public static final DataSize DEFAULT_CREDIT = DataSize.mebibytes(4);

    public TransferConfig {
        check(!host.isBlank(), "host", '"' + host + '"', "an address");
        check(generation >= 0, "generation", generation, ">= 0");
        check(credit.bytes() <= 1L << 30, "credit", credit, "<= 1 GiB");
        check(!connectTimeout.isNegative() && !connectTimeout.isZero(), "connect timeout", connectTimeout, "> 0");
    }

    /** The usual set-up on one machine. */
    public static TransferConfig loopback(long job) {
        return new TransferConfig("127.0.0.1", job, 0, DEFAULT_CREDIT, Duration.ofSeconds(60));
    }
}
