/** Optimizers: how parameters follow from their gradient. One file each. */
package lanewise.train.optimizer;
