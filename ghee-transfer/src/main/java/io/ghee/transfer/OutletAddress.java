package io.ghee.transfer;

import java.util.List;

/**
 * Where the consumers reach an outlet.
 *
 * @param data one endpoint for each consumer
 * @param credit where all consumers send their credits
 */
public record OutletAddress(List<String> data, String credit) {
    public OutletAddress {
        data = List.copyOf(data);
    }
}
