/**
 * The model: a {@link lanewise.Network} is a {@link lanewise.Stack} of {@link lanewise.Layer}s and one flat array of
 * parameters.
 *
 * <p>Layers are immutable and stateless; a {@link lanewise.Pass} holds what one worker's call remembers; matrices are
 * {@link lanewise.Slice}s of flat arrays. {@link lanewise.train} trains a network. A {@link lanewise.Model} is what it has learned, immutable,
 * and a {@link lanewise.Predictor} runs a model, one for each thread.
 */
package lanewise;
