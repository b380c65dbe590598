package lanewise.spark.training;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lanewise.train.Checkpoints;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * A training's checkpoints in a folder of any file system that Hadoop knows: they are written to a local folder, and each is copied
 * under another name and then renamed, so that whoever lists the folder sees whole files only. A training that resumes begins with
 * copies of the newest ones.
 */
final class CheckpointFolder implements AutoCloseable {

    /** As {@link Checkpoints} names them. */
    private static final Pattern NAME = Pattern.compile("step-\\d{12,19}\\.checkpoint");

    private static final String COPYING = ".copying";

    /**
     * Where and how often.
     *
     * @param folder as Hadoop writes paths, nothing escaped: {@code hdfs://host/folder} or {@code file:///folder}; made if it is not there
     * @param everySteps number of steps between two checkpoints; 0 for none
     * @param everyEpochs number of epochs between two checkpoints; 0 for none
     * @param keep number of the newest that are kept, at least 1
     * @param resuming whether a training goes on from the newest that can be read
     */
    record Settings(String folder, long everySteps, int everyEpochs, int keep, boolean resuming) {}

    private final Settings settings;
    private final Configuration configuration;
    private final FileSystem files;
    private final Path folder;
    private final java.nio.file.Path local;
    private final List<String> warnings = new ArrayList<>();

    /**
     * Opens the folder, and copies its newest checkpoints if the training is to resume.
     *
     * @throws IllegalStateException if it has checkpoints and the training is not to resume
     * @throws IOException if there is no such file system, it cannot be written to, or no checkpoint of those that are there can
     *     be copied; the message names the folder
     */
    CheckpointFolder(Settings settings, Configuration configuration) throws IOException {
        this.settings = settings;
        this.configuration = configuration;
        folder = new Path(settings.folder);
        local = Files.createTempDirectory("lanewise-checkpoints");
        try {
            files = folder.getFileSystem(configuration);
            files.mkdirs(folder);
            for (FileStatus each : files.listStatus(folder))
                if (each.getPath().getName().endsWith(COPYING)) files.delete(each.getPath(), false);
            Path tried = copying("tried");
            files.create(tried, false).close();
            files.delete(tried, false);
            resume();
        } catch (IOException | RuntimeException e) {
            close();
            if (e instanceof IOException) throw new IOException("checkpoints in " + folder + ": " + e.getMessage(), e);
            throw e;
        }
    }

    private void resume() throws IOException {
        List<Path> found = newestFirst();
        if (found.isEmpty()) return;
        if (!settings.resuming)
            throw new IllegalStateException(folder + " has checkpoints of another training already ("
                    + found.get(0).getName() + "); resume, or take another folder");
        int copied = 0;
        IOException last = null;
        for (Path each : found)
            try {
                java.nio.file.Path copy = local.resolve(each.getName());
                try (var in = files.open(each)) {
                    Files.copy(in, copy);
                } catch (IOException e) {
                    Files.deleteIfExists(copy);
                    throw e;
                }
                copied++;
            } catch (IOException e) {
                last = e;
                warnings.add(each + " cannot be read: " + e.getMessage());
            }
        if (copied == 0) throw last;
    }

    private List<Path> newestFirst() throws IOException {
        List<Path> found = new ArrayList<>();
        for (FileStatus each : files.listStatus(folder))
            if (NAME.matcher(each.getPath().getName()).matches()) found.add(each.getPath());
        found.sort(Comparator.comparing((Path path) -> path.getName().length())
                .thenComparing(Path::getName)
                .reversed());
        return found;
    }

    /** What a trainer is to be given. */
    Checkpoints local() {
        Checkpoints checkpoints = Checkpoints.in(local)
                .everySteps(settings.everySteps)
                .everyEpochs(settings.everyEpochs)
                .keep(settings.keep);
        return settings.resuming ? checkpoints.resume() : checkpoints;
    }

    /** A text about the local folder as one about this one. */
    String here(String text) {
        return text.replace(local.toString(), folder.toString());
    }

    /** A listener that copies each checkpoint; what goes wrong is a warning to the other. */
    TrainingListener listener(TrainingListener other) {
        return new Copying(other);
    }

    private final class Copying extends Forwarding {

        Copying(TrainingListener other) {
            super(other);
        }

        @Override
        public void started(Trainer trainer) {
            for (String each : warnings) super.warning(each);
            super.started(trainer);
        }

        @Override
        public void warning(String message) {
            super.warning(here(message));
        }

        @Override
        public void checkpointWritten(java.nio.file.Path file) {
            try {
                copy(file);
            } catch (IOException e) {
                super.warning(file.getFileName() + " could not be copied to " + folder + ": " + e.getMessage());
            }
            super.checkpointWritten(file);
        }
    }

    /** A file that nobody has, which is deleted when somebody opens the folder. */
    private Path copying(String name) {
        return new Path(folder, name + "." + UUID.randomUUID() + COPYING);
    }

    private void copy(java.nio.file.Path file) throws IOException {
        Path target = new Path(folder, file.getFileName().toString());
        Path copying = copying(target.getName());
        try {
            try (var out = files.create(copying, false)) {
                Files.copy(file, out);
            }
            replace(copying, target);
        } catch (IOException e) {
            files.delete(copying, false);
            throw e;
        }
        for (Path old : needless(target.getName()))
            try {
                files.delete(old, false);
            } catch (FileNotFoundException e) {
                // Somebody else tidies up, too.
            }
    }

    /** Those that need not be kept beside one that was copied. Newer ones, which could not be read, do not count, and stay. */
    private List<Path> needless(String copied) throws IOException {
        List<Path> all = newestFirst();
        int first = all.stream().map(Path::getName).toList().indexOf(copied);
        return first < 0 ? List.of() : all.subList(Math.min(first + settings.keep, all.size()), all.size());
    }

    /** Renames onto a file that may be there: in one go where the file system has that, as HDFS has. */
    private void replace(Path from, Path to) throws IOException {
        try {
            FileContext.getFileContext(files.getUri(), configuration)
                    .rename(files.makeQualified(from), files.makeQualified(to), Options.Rename.OVERWRITE);
        } catch (UnsupportedFileSystemException e) {
            files.delete(to, false);
            if (!files.rename(from, to)) throw new IOException("it could not be renamed to " + to);
        }
    }

    /** Deletes the local folder. */
    @Override
    public void close() throws IOException {
        List<java.nio.file.Path> all;
        try (Stream<java.nio.file.Path> tree = Files.walk(local)) {
            all = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (java.nio.file.Path each : all) Files.deleteIfExists(each);
    }
}
