/**
 * The model: a {@link lanewise.Network} is a {@link lanewise.layer.Stack} of {@link lanewise.layer.Layer}s and one flat array of
 * parameters.
 *
 * <p>Layers are immutable and stateless; a {@link lanewise.memory.Pass} holds what one worker's call remembers; matrices are
 * {@link lanewise.memory.Slice}s of flat arrays. {@link lanewise.train} trains a network. A {@link lanewise.Model} is what it has learned, immutable,
 * and a {@link lanewise.Predictor} runs a model, one for each thread.
 */
package lanewise;
