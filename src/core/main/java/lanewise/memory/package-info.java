/**
 * Floats and where they lie: matrices in flat arrays ({@link lanewise.memory.Slice}), all parameters of a network in one
 * array ({@link lanewise.memory.Parameters}), the memory of a step ({@link lanewise.memory.Batch},
 * {@link lanewise.memory.Pass}). Nothing here knows of layers.
 */
package lanewise.memory;
