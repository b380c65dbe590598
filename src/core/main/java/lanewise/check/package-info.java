/**
 * Gradient checking: {@link lanewise.check.GradientCheck} compares gradients with numeric derivatives, and tries the rules
 * of a layer's contract. No test framework is needed.
 */
package lanewise.check;
