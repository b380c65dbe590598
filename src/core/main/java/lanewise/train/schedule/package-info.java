/** Learning rates as functions of the step. One file each. */
package lanewise.train.schedule;
