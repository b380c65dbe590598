package lanewise.io;

import lanewise.layer.Affine;
import lanewise.layer.BatchNorm;
import lanewise.layer.Dense;
import lanewise.layer.Dropout;
import lanewise.layer.Embedding;
import lanewise.layer.Layer;
import lanewise.layer.LayerNorm;
import lanewise.layer.PRelu;
import lanewise.layer.Pointwise;
import lanewise.layer.Rescale;
import lanewise.layer.Residual;
import lanewise.layer.Softmax;
import lanewise.layer.Stack;

/**
 * The layers of model files, one row each: the number that stands for the layer and never changes, its class, and how its
 * fields are written and read. A row that is added gets the next number, here and in docs/model-file.md.
 */
enum LayerKind {
    DENSE(1, Dense.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            Dense dense = (Dense) layer;
            out.size(dense.inputSize());
            out.size(dense.outputSize());
            out.flag(dense.parameters().size() == 2);
            out.activation(dense.activation());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int inputs = in.size("input size"), outputs = in.size("output size");
            boolean bias = in.flag("bias flag");
            in.claim(inputs, outputs);
            if (bias) in.claim(1, outputs);
            Dense dense = Dense.of(inputs, outputs, in.activation());
            return bias ? dense : dense.withoutBias();
        }
    },

    STACK(2, Stack.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.inside((Stack) layer);
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            return new Stack(in.inside());
        }
    },

    RESIDUAL(3, Residual.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.inside(((Residual) layer).inner());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            return Residual.of(in.inside().toArray(Layer[]::new));
        }
    },

    /** Without its rate: a model has no use for it, because dropout is the identity in prediction. */
    DROPOUT(4, Dropout.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            return Dropout.of(in.size("input size"), 0);
        }
    },

    BATCH_NORM(5, BatchNorm.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
            out.f32(((BatchNorm) layer).epsilon());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int size = in.size("input size");
            in.claim(4, size);
            return BatchNorm.of(size).withEpsilon(in.f32("epsilon"));
        }
    },

    LAYER_NORM(6, LayerNorm.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
            out.f32(((LayerNorm) layer).epsilon());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int size = in.size("input size");
            in.claim(2, size);
            return LayerNorm.of(size).withEpsilon(in.f32("epsilon"));
        }
    },

    PRELU(7, PRelu.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int size = in.size("input size");
            in.claim(1, size);
            return PRelu.of(size);
        }
    },

    SOFTMAX(8, Softmax.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            return Softmax.of(in.size("input size"));
        }
    },

    EMBEDDING(9, Embedding.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
            out.size(((Embedding) layer).vocabulary());
            out.size(layer.outputSize() / layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int indices = in.size("input size"), vocabulary = in.size("vocabulary"), vector = in.size("vector size");
            in.claim(vocabulary, vector);
            return Embedding.of(indices, vocabulary, vector);
        }
    },

    RESCALE(10, Rescale.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int size = in.size("input size");
            in.claim(3, size);
            return Rescale.of(size);
        }
    },

    AFFINE(11, Affine.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            int size = in.size("input size");
            in.claim(2, size);
            return Affine.of(size);
        }
    },

    POINTWISE(12, Pointwise.class) {
        @Override
        void write(Layer layer, LayerWriter out) {
            out.size(layer.inputSize());
            out.activation(((Pointwise) layer).activation());
        }

        @Override
        Layer read(LayerReader in) throws Malformed {
            return Pointwise.of(in.size("input size"), in.activation());
        }
    };

    /** Number of the last kind that each version of the format has. */
    private static final int LAST_OF_VERSION_1 = 9, LAST_OF_VERSION_2 = 10;

    /** Number of the last activation that versions 1 and 2 have. Those after it have two parameters in a file. */
    private static final int LAST_ACTIVATION_OF_VERSION_2 = 15;

    private static final LayerKind[] ALL = values();

    final int number;
    final Class<? extends Layer> type;

    LayerKind(int number, Class<? extends Layer> type) {
        this.number = number;
        this.type = type;
    }

    /** The first version of the format that has this kind. */
    int version() {
        return number <= LAST_OF_VERSION_1 ? 1 : number <= LAST_OF_VERSION_2 ? 2 : 3;
    }

    /** The first version of the format that has the activation of this number; from 3 on, a second parameter follows the first. */
    static int versionOfActivation(int number) {
        return number <= LAST_ACTIVATION_OF_VERSION_2 ? 1 : 3;
    }

    /** Writes the layer's fields; the number is written. */
    abstract void write(Layer layer, LayerWriter out);

    /** Reads what {@link #write} wrote, and {@linkplain LayerReader#claim claims} the parameters. */
    abstract Layer read(LayerReader in) throws Malformed;

    /** The layer's kind, null if it is none of the library's own. */
    static LayerKind of(Layer layer) {
        for (LayerKind kind : ALL) if (kind.type.isInstance(layer)) return kind;
        return null;
    }

    /** The kind of this number, null if there is none. */
    static LayerKind of(int number) {
        for (LayerKind kind : ALL) if (kind.number == number) return kind;
        return null;
    }
}
