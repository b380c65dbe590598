/**
 * The model: a {@link lanewise.Network} is a {@link lanewise.Stack} of {@link lanewise.Layer}s and one flat array of
 * parameters.
 *
 * <p>Layers are immutable and stateless; a {@link lanewise.Pass} holds what one worker's call remembers; matrices are
 * {@link lanewise.Slice}s of flat arrays. A {@link lanewise.Predictor} runs a network; {@link lanewise.train} trains it.
 *
 */
package lanewise;
