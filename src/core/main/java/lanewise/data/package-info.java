/** Data: {@link lanewise.data.Dataset} holds samples and targets, {@link lanewise.data.Idx} reads MNIST's files. */
package lanewise.data;
