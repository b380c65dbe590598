package lanewise.layer;

import lanewise.kernel.Elementary;
import lanewise.kernel.Function;
import lanewise.kernel.Kernels;
import lanewise.memory.Slice;

/** What turns a model's logits into its prediction. {@link Loss#output} says which one belongs to a loss. */
public enum Output {

    // Their order is part of the format of model files.

    /** The logits themselves: for regression. */
    IDENTITY {
        @Override
        public void apply(Kernels kernels, Slice logits, int row) {}
    },

    /** 1 / (1 + e⁻ᶻ) of each logit by itself: for independent yes-or-no answers. Below 1e-25 it is +0.0. */
    SIGMOID {
        @Override
        public void apply(Kernels kernels, Slice logits, int row) {
            float[] z = logits.array();
            int at = logits.at(row);
            kernels.values(Function.SIGMOID, 1f, 0f, z, at, z, at, Kernels.padded(logits.columns()));
        }
    },

    /**
     * exp(zᵢ) / Σ exp(zⱼ), computed with the largest logit subtracted from all: for one class of several. Below 1e-25
     * it is +0.0. If a logit is NaN or +Inf, all are NaN.
     */
    SOFTMAX {
        @Override
        public void apply(Kernels kernels, Slice logits, int row) {
            float[] z = logits.array();
            int at = logits.at(row);
            kernels.softmax(z, at, logits.columns(), Elementary.max(z, at, logits.columns()), z, at);
        }
    },

    /**
     * log softmax: zᵢ − m − log Σ exp(zⱼ − m) with m the largest logit; for one class of several whose logarithm is wanted, which
     * keeps its digits where the probability itself is too small for a float. If a logit is NaN or +Inf, all are NaN; −Inf stays.
     */
    LOG_SOFTMAX {
        @Override
        public void apply(Kernels kernels, Slice logits, int row) {
            float[] z = logits.array();
            int at = logits.at(row), n = logits.columns();
            float max = Elementary.max(z, at, n), log = Elementary.log(Elementary.sumOfExp(z, at, n, max));
            for (int i = at; i < at + n; i++) z[i] = z[i] - max - log;
        }
    };

    /**
     * Replaces one row of logits by the prediction.
     *
     * @param kernels to compute with; their package is not exported, so this is for the library itself
     * @param logits rows × outputs; modified
     * @param row which row
     */
    public abstract void apply(@SuppressWarnings("exports") Kernels kernels, Slice logits, int row);

    /**
     * Replaces one row of logits z by the prediction from {@code z / temperature}.
     *
     * @param kernels to compute with; their package is not exported, so this is for the library itself
     * @param logits rows × outputs; modified
     * @param row which row
     * @param temperature positive; 1 leaves the logits as they are
     */
    public final void apply(@SuppressWarnings("exports") Kernels kernels, Slice logits, int row, float temperature) {
        if (temperature != 1f) {
            float[] z = logits.array();
            for (int i = logits.at(row), end = i + logits.columns(); i < end; i++) z[i] /= temperature;
        }
        apply(kernels, logits, row);
    }

    /** The output's name in small letters. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
