/**
 * Contracts of layers, activations and losses as jqwik properties, and arbitraries of hard cases, for the tests of your
 * own ones. Its artifact is {@code dev.lanewise:lanewise-testkit}, which brings jqwik along.
 *
 * <p>A class that implements a contract must have a name that the build takes for a test: by Maven's Surefire one that
 * begins with {@code Test} or ends in {@code Test}, {@code Tests} or {@code TestCase}. Any other class is left out
 * without a word, and the build succeeds.
 */
package lanewise.testkit;
