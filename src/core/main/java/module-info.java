/** Fully connected neural networks over flat float arrays, with Vector API kernels. */
module lanewise {
    requires jdk.incubator.vector;
    requires static jdk.jfr;

    exports lanewise;
    exports lanewise.check;
    exports lanewise.data;
    exports lanewise.file;
    exports lanewise.io;
    exports lanewise.layer;
    exports lanewise.memory;
    exports lanewise.train;
    exports lanewise.train.optimizer;
    exports lanewise.train.schedule;
}
