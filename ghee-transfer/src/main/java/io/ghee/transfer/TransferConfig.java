package io.ghee.transfer;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Seal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the channels of one worker are set up. Start from {@link #loopback}, and change what is to be otherwise. All workers
 * of a job agree in job, key and largest frame.
 *
 * @param host the address that this worker binds to, and that others reach it by
 * @param job the number that every frame of the job bears; frames of another job are dropped
 * @param key seals what crosses, {@value Seal#KEY_BYTES} bytes; null if nothing is sealed. A generation of a job must not
 *     come twice under one key
 * @param linger how long a batch may wait for others to go with it in one frame
 * @param frameSize how long frames become by that; a longer batch goes alone
 * @param largestFrame what a batch may take at most; a longer one is refused by the sender, and not received
 * @param packing how frames are packed
 * @param connectTimeout how long connections may take to come about in the beginning
 * @param probeInterval after how long without a receipt a sender asks what has arrived
 */
public record TransferConfig(
        String host,
        long job,
        byte @Nullable [] key,
        Duration linger,
        DataSize frameSize,
        DataSize largestFrame,
        Packing packing,
        Duration connectTimeout,
        Duration probeInterval) {
    private static final DataSize LARGEST = new DataSize(1L << 30);

    public TransferConfig {
        check(!host.isBlank(), "host", '"' + host + '"', "an address");
        check(
                key == null || key.length == Seal.KEY_BYTES,
                "key",
                (key == null ? 0 : key.length) + " bytes",
                Seal.KEY_BYTES + " bytes");
        check(
                !linger.isNegative() && linger.compareTo(Duration.ofSeconds(10)) <= 0,
                "linger",
                linger,
                "0 to 10 seconds");
        check(
                largestFrame.bytes() >= 1 << 16 && largestFrame.bytes() <= LARGEST.bytes(),
                "largest frame",
                largestFrame,
                "64 KiB to 1 GiB");
        check(
                frameSize.bytes() <= largestFrame.bytes(),
                "frame size",
                frameSize,
                "<= " + largestFrame + ", the largest frame");
        check(!connectTimeout.isNegative() && !connectTimeout.isZero(), "connect timeout", connectTimeout, "> 0");
        check(probeInterval.compareTo(Duration.ofMillis(1)) >= 0, "probe interval", probeInterval, ">= 1 ms");
        key = key == null ? null : key.clone();
    }

    /** The usual set-up on one machine: frames of 1 MiB within 5 ms, not sealed, not packed. */
    public static TransferConfig loopback(long job) {
        return new TransferConfig(
                "127.0.0.1",
                job,
                null,
                Duration.ofMillis(5),
                DataSize.mebibytes(1),
                DataSize.mebibytes(256),
                Packing.NONE,
                Duration.ofSeconds(60),
                Duration.ofSeconds(1));
    }

    public TransferConfig withHost(String address) {
        return new TransferConfig(
                address, job, key, linger, frameSize, largestFrame, packing, connectTimeout, probeInterval);
    }

    public TransferConfig withKey(byte[] secret) {
        return new TransferConfig(
                host, job, secret, linger, frameSize, largestFrame, packing, connectTimeout, probeInterval);
    }

    public TransferConfig withLinger(Duration time) {
        return new TransferConfig(
                host, job, key, time, frameSize, largestFrame, packing, connectTimeout, probeInterval);
    }

    public TransferConfig withFrameSize(DataSize size) {
        return new TransferConfig(host, job, key, linger, size, largestFrame, packing, connectTimeout, probeInterval);
    }

    public TransferConfig withLargestFrame(DataSize size) {
        return new TransferConfig(host, job, key, linger, frameSize, size, packing, connectTimeout, probeInterval);
    }

    public TransferConfig withPacking(Packing how) {
        return new TransferConfig(host, job, key, linger, frameSize, largestFrame, how, connectTimeout, probeInterval);
    }

    public TransferConfig withConnectTimeout(Duration time) {
        return new TransferConfig(host, job, key, linger, frameSize, largestFrame, packing, time, probeInterval);
    }

    public TransferConfig withProbeInterval(Duration time) {
        return new TransferConfig(host, job, key, linger, frameSize, largestFrame, packing, connectTimeout, time);
    }

    /** Bytes of the longest body of a frame. */
    int largestBody() {
        return (int) largestFrame.bytes();
    }

    /** Everything but the key. */
    @Override
    public String toString() {
        return "TransferConfig[" + host + ", job " + job + ", " + (key == null ? "not sealed" : "sealed")
                + ", frames of " + frameSize + " within " + linger.toMillis() + " ms, packing " + packing + "]";
    }
}
