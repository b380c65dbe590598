/** Contracts of layers, activations and losses as jqwik properties, for the tests of your own ones. */
module lanewise.testkit {
    requires transitive lanewise;
    requires transitive net.jqwik.api;

    exports lanewise.testkit;
}
