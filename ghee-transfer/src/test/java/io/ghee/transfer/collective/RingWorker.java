package io.ghee.transfer.collective;

import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.transfer.TransferConfig;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A rank that is a process of its own. It prints its endpoint, reads its rank and all endpoints, and then reduces until that fails,
 * printing the number of each reduction; one word in its input makes it be busy with something else.
 */
final class RingWorker {
    private RingWorker() {}

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (RingPort port = new RingPort(TransferConfig.loopback(Long.parseLong(args[0])))) {
            System.out.println(port.endpoint());
            int rank = Integer.parseInt(in.readLine());
            List<String> endpoints = List.of(in.readLine().split(",", -1));
            Collective collective = port.join(1, rank, endpoints, Duration.ofSeconds(60), () -> {});
            FloatBuffer data = ByteBuffer.allocateDirect(4 << 18)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            for (int step = 1; ; step++) {
                collective.allReduce(data, Reduction.MEAN);
                System.out.println(step);
                if (in.ready()) {
                    in.readLine();
                    System.out.println("busy");
                    in.readLine();
                }
            }
        } catch (Exception e) {
            System.out.println(e);
            System.exit(1);
        }
    }
}
