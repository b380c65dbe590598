/**
 * Contracts of layers, activations and losses as jqwik properties, and arbitraries of hard cases, for the tests of your
 * own ones. It comes as its own artifact, with the classifier {@code testkit}; jqwik (1.8 or newer) is yours to bring.
 */
package lanewise.testkit;
