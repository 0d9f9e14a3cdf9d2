package io.ghee.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DistinctIdsTest {
    @Test
    void everyIdFindsItselfAmongTheDistinctOnesInRisingOrder() {
        Random random = new Random(5);
        DistinctIds ids = new DistinctIds(1000);
        for (int round = 0; round < 50; round++) {
            int[] batch = random.ints(1 + random.nextInt(500), 0, 1000).toArray();
            ids.take(IntBuffer.wrap(batch));
            LongBuffer distinct = ids.distinct().asLongBuffer();
            IntBuffer inverse = ids.inverse().asIntBuffer();
            long[] found = new long[ids.count()];
            distinct.get(found);
            assertThat(found)
                    .containsExactly(Arrays.stream(batch)
                            .asLongStream()
                            .sorted()
                            .distinct()
                            .toArray());
            for (int k = 0; k < batch.length; k++) {
                assertThat(found[inverse.get(k)]).isEqualTo(batch[k]);
            }
            assertThat(ids.distinct().remaining()).isEqualTo(8 * found.length);
        }
    }
}
