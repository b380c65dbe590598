/** Training on a cluster, behind the estimators of {@code lanewise.spark}. No public API. */
package lanewise.spark.training;
