package io.ghee.models.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.Optimizer;
import org.junit.jupiter.api.Test;

class RankParametersTest {
    /** With an optimizer whose steps depend on how many there were. The arrays are on one device: DJL knows a single "cpu". */
    @Test
    void theArraysOfAParameterOnSeveralDevicesStayTheSame() {
        Optimizer alone = Optimizer.adam().build();
        try (NDManager manager = Torch.engine().newBaseManager(Device.cpu());
                RankParameters.Means means =
                        new RankParameters.Means(Optimizer.adam().build())) {
            float[] start = {1, 2, 3};
            NDArray expected = parameter(manager, start);
            NDArray[] devices = {parameter(manager, start), parameter(manager, start), parameter(manager, start)};
            for (int step = 1; step <= 3; step++) {
                float[] mean = {step, -step, 0.5f};
                means.put("weight", manager.create(mean));
                means.update("weight", devices);
                alone.update("weight", expected, manager.create(mean));
                for (NDArray device : devices) {
                    assertThat(device.toFloatArray())
                            .containsExactly(expected.toFloatArray())
                            .isNotEqualTo(start);
                }
            }
        }
    }

    private static NDArray parameter(NDManager manager, float[] values) {
        NDArray parameter = manager.create(values);
        parameter.setRequiresGradient(true);
        return parameter;
    }
}
