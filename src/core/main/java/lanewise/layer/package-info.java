/**
 * Layers, activations, losses, and what they compute with: {@link lanewise.layer.Layer} and its implementations, one file
 * each; {@link lanewise.layer.Activation}, {@link lanewise.layer.Loss}, {@link lanewise.layer.Initializer};
 * {@link lanewise.layer.Arithmetic} and {@link lanewise.layer.RandomSource} for layers of one's own.
 */
package lanewise.layer;
