/** Learning: {@link lanewise.train.Trainer} changes parameters, {@link lanewise.train.Evaluation} judges them. */
package lanewise.train;
