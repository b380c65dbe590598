/**
 * Models of Lanewise in Apache Spark: {@link lanewise.spark.LanewiseModel} is a stage of Spark ML's pipelines, a function of
 * SQL and a function of RDDs.
 *
 * <p>A model is shipped to each executor once and decoded there once ({@code ModelReference}). A frame is scored in batches by
 * an operator of its own ({@code ScorePlan}, {@code ScoreStrategy}, {@code ScoreExec}, {@code ScoredRows}); SQL's function
 * scores row by row ({@code ScoreFunction}). Both have a {@code Scorer} for each task, which turns vectors into floats, finds
 * invalid ones, and answers what the columns hold ({@code Answer}).
 */
package lanewise.spark;
