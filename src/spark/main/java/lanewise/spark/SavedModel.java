package lanewise.spark;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** A saved stage: a folder with Spark ML's {@code metadata}, and the model's own file. */
final class SavedModel {

    private static final String FILE = "model.lanewise";

    private SavedModel() {}

    /** Saves through Hadoop's file systems. */
    static final class Writer extends MLWriter {

        private final LanewiseModel stage;

        Writer(LanewiseModel stage) {
            this.stage = stage;
        }

        @Override
        public void saveImpl(String path) {
            DefaultParamsWriter$.MODULE$.saveMetadata(stage, path, sparkSession(), Option.empty(), Option.empty());
            Path file = new Path(path, FILE);
            try (OutputStream out =
                    new BufferedOutputStream(fileSystem(sparkSession(), file).create(file, true))) {
                ModelFile.save(stage.model(), out);
            } catch (IOException e) {
                throw new UncheckedIOException(file + ": " + e.getMessage(), e);
            }
        }
    }

    /** Loads through Hadoop's file systems. */
    static final class Reader extends MLReader<LanewiseModel> {

        @Override
        public LanewiseModel load(String path) {
            Path given = new Path(path);
            try {
                if (fileSystem(sparkSession(), given).getFileStatus(given).isFile())
                    return LanewiseModel.of(model(sparkSession(), given));
                DefaultParamsReader.Metadata metadata =
                        DefaultParamsReader$.MODULE$.loadMetadata(path, sparkSession(), LanewiseModel.class.getName());
                LanewiseModel stage = new LanewiseModel(metadata.uid(), model(sparkSession(), new Path(given, FILE)));
                metadata.getAndSetParams(stage, Option.empty());
                return stage;
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }

        private static Model model(SparkSession session, Path file) throws IOException {
            try (InputStream in =
                    new BufferedInputStream(fileSystem(session, file).open(file))) {
                return ModelFile.load(in, file.toString());
            }
        }
    }

    private static FileSystem fileSystem(SparkSession session, Path path) throws IOException {
        return path.getFileSystem(session.sessionState().newHadoopConf());
    }
}
