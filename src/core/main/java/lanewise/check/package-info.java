/**
 * Proof: {@link lanewise.check.GradientCheck} compares gradients with numeric derivatives and finds what else a layer may
 * do wrong. No test framework is needed.
 */
package lanewise.check;
