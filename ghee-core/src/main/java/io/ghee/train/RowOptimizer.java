package io.ghee.train;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;

/** How the rows of a {@link ParameterTable} are trained: those that a step touches, and no others. */
public sealed interface RowOptimizer extends Serializable {
    float learningRate();

    /** Weight decay of the rows that a step touches. */
    float l2();

    /**
     * Adagrad (Duchi, Hazan and Singer, 2011): one float of state for each parameter.
     *
     * @param epsilon added to the root of the sum of squares
     */
    record Adagrad(float learningRate, float l2, float epsilon) implements RowOptimizer {
        public Adagrad {
            checkRates(learningRate, l2);
            check(epsilon > 0, "epsilon", epsilon, "> 0");
        }
    }

    /**
     * Adam (Kingma and Ba, 2015), where the moments of a row decay when it is touched, and the bias correction counts the steps
     * of the table: two floats of state for each parameter.
     */
    record Adam(float learningRate, float l2, float beta1, float beta2, float epsilon) implements RowOptimizer {
        public Adam {
            checkRates(learningRate, l2);
            check(beta1 >= 0 && beta1 < 1, "beta1", beta1, ">= 0 and < 1");
            check(beta2 >= 0 && beta2 < 1, "beta2", beta2, ">= 0 and < 1");
            check(epsilon > 0, "epsilon", epsilon, "> 0");
        }
    }

    /** Adagrad without weight decay. */
    static RowOptimizer adagrad(float learningRate) {
        return new Adagrad(learningRate, 0, 1e-8f);
    }

    /** Adam without weight decay, with the usual betas, 0.9 and 0.999. */
    static RowOptimizer adam(float learningRate) {
        return new Adam(learningRate, 0, 0.9f, 0.999f, 1e-8f);
    }

    private static void checkRates(float learningRate, float l2) {
        check(learningRate > 0 && Float.isFinite(learningRate), "learning rate", learningRate, "> 0");
        check(l2 >= 0 && Float.isFinite(l2), "l2", l2, ">= 0");
    }
}
