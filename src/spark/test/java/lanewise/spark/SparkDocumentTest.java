package lanewise.spark;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lanewise.Document;
import lanewise.Model;
import lanewise.io.ModelFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java on docs/spark.md is one program, which runs. */
class SparkDocumentTest {

    @TempDir
    private Path directory;

    @Test
    void itsProgramRuns() throws Exception {
        LocalSpark.session(2);
        Model model = Models.classes(4);
        ModelFile.save(model, directory.resolve("flowers.lanewise"));
        List<String> blocks = new java.util.ArrayList<>(
                List.of("""
                import java.nio.file.Path;
                import lanewise.Model;
                import lanewise.io.ModelFile;
                String folder = "DIRECTORY";
                SparkSession spark = SparkSession.active();
                Model model = ModelFile.load(Path.of(folder, "flowers.lanewise"));
                Dataset<Row> frame = spark.range(20).selectExpr("id AS a", "id % 3 AS b", "id % 5 AS c", "sin(id) AS d",
                        "array('x', 'y', 'z')[id % 3] AS kind", "id % 4 = 0 AS heldOut");
                """.replace("DIRECTORY", directory.toString().replace("\\", "/"))));
        blocks.addAll(Document.of("docs/spark.md").blocks("java"));
        blocks.add("""
                if (spark.sql("SELECT flower_chances(array(5.1, 3.5, 1.4, 0.2))").count() != 1) throw new AssertionError();
                if (!found.model().labels().stream().sorted().toList().equals(java.util.List.of("x", "y", "z")))
                    throw new AssertionError(found.model().labels());
                if (outputs.collect().get(0).length != 3) throw new AssertionError();
                if (!loaded.model().fingerprint().equals(ofFile.model().fingerprint())) throw new AssertionError();
                """);
        Path classes = directory.resolve("classes");
        Document.compile(classes, Map.of("Page", Document.program("Page", blocks)));
        var main = Document.load(classes).loadClass("Page").getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(null, (Object) new String[0]);
    }
}
