package lanewise.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import lanewise.ChildJvm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files are replaced as a whole wherever they lie, and what prevents that is known before. */
class AtomicFileTest {

    private static final byte[] OLD = {1, 2, 3}, NEW = {4, 5, 6, 7};

    @TempDir
    Path directory;

    private final List<Path> mounted = new ArrayList<>();

    @AfterEach
    void unmount() throws Exception {
        for (Path path : mounted) run("umount", path.toString());
    }

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private static void write(Path file) throws IOException {
        AtomicFile.write(file, out -> out.write(NEW));
    }

    private static void checkAndWrite(Path file) throws IOException {
        AtomicFile.check(file);
        write(file);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Asserts that a file is refused before and at writing, by name, and that nothing changes. */
    private void assertRefused(Path file, String reason) throws IOException {
        List<String> before = names();
        for (String message : List.of(
                assertThrows(IOException.class, () -> AtomicFile.check(file)).getMessage(),
                assertThrows(IOException.class, () -> write(file)).getMessage())) {
            assertTrue(message.startsWith(file + ": "), message);
            assertTrue(message.contains(reason), message);
        }
        assertEquals(before, names());
    }

    // The target

    @Test
    void checkingLeavesEverythingAsItIs() throws IOException {
        Path file = directory.resolve("file"), none = directory.resolve("none");
        AtomicFile.check(none);
        assertEquals(List.of(), names());
        Files.write(file, OLD);
        Object key = Files.getAttribute(file, "lastModifiedTime");
        AtomicFile.check(file);
        assertEquals(List.of("file"), names());
        assertArrayEquals(OLD, Files.readAllBytes(file));
        assertEquals(key, Files.getAttribute(file, "lastModifiedTime"));
    }

    @Test
    void aLinkToNothingLeadsToANewFile() throws IOException {
        Path inside = Files.createDirectory(directory.resolve("inside"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("inside", "second"));
        Files.createSymbolicLink(inside.resolve("second"), Path.of("..", "real"));
        checkAndWrite(link);
        assertArrayEquals(NEW, Files.readAllBytes(directory.resolve("real")));
        assertEquals(List.of("inside", "link", "real"), names());
        assertTrue(Files.isSymbolicLink(link));
        assertEquals(directory.toRealPath().resolve("real"), AtomicFile.target(link));
        Path nowhere = Files.createSymbolicLink(directory.resolve("nowhere"), Path.of("missing", "file"));
        assertRefused(nowhere, "no such directory");
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        assertRefused(loop, "symbolic links");
    }

    @Test
    void namesMayBeAsLongAsTheFileSystemAllows() throws IOException {
        for (String name : List.of("x".repeat(232), "x".repeat(236), "x".repeat(255), "\u00e9".repeat(127))) {
            Path file = directory.resolve(name);
            String[] temporary = new String[1];
            AtomicFile.check(file);
            AtomicFile.write(file, out -> {
                temporary[0] = names().get(0);
                out.write(NEW);
            });
            assertArrayEquals(NEW, Files.readAllBytes(file));
            assertEquals(List.of(name), names());
            Path left = directory.resolve(temporary[0].replaceFirst("[0-9a-f]{16}[.]tmp$", "0123456789abcdef.tmp"));
            Files.write(left, OLD);
            write(file);
            assertEquals(List.of(name), names(), "what a killed write has left is found again");
            Files.delete(file);
        }
        assertRefused(directory.resolve("x".repeat(256)), "");
    }

    @Test
    void directoriesAndMissingDirectoriesAreRefused() throws IOException {
        assertRefused(directory, "a directory, a file expected");
        assertRefused(directory.getRoot(), "a directory, a file expected");
        assertRefused(Path.of(""), "a directory, a file expected");
        Path missing = directory.resolve("missing").resolve("file");
        assertRefused(missing, "no such directory");
        assertThrows(NoSuchFileException.class, () -> write(missing));
        assertRefused(Files.write(directory.resolve("file"), OLD).resolve("file"), "");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aMountPointIsRefused() throws Exception {
        Path source = Files.write(directory.resolve("source"), OLD);
        Path target = Files.write(directory.resolve("a target\\"), NEW);
        assumeTrue(run("mount", "--bind", source.toString(), target.toString()) == 0, "mounting is not allowed");
        mounted.add(target);
        assertRefused(target, "a mount point");
        assertArrayEquals(OLD, Files.readAllBytes(target));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aPipeIsWrittenItself() throws Exception {
        Path pipe = directory.resolve("pipe");
        assumeTrue(run("mkfifo", pipe.toString()) == 0, "there are no pipes");
        AtomicFile.check(pipe);
        CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> {
            try (InputStream in = Files.newInputStream(pipe)) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        write(pipe);
        assertArrayEquals(NEW, read.get());
        assertEquals(List.of("pipe"), names());
    }

    // Access

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void modeIsKeptAndUntilTheEndTheOwnerAloneMayRead() throws IOException {
        Path file = directory.resolve("file"), usual = Files.createFile(directory.resolve("usual"));
        write(file);
        assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(file));
        for (String mode : List.of("rw-------", "rw-rw----", "r--------", "rwxrwxrwx", "---------", "rw----r--")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            AtomicFile.check(file);
            AtomicFile.write(file, out -> {
                Path temporary = directory.resolve(names().get(0));
                assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary)));
                out.write(NEW);
            });
            assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void ownerAndGroupAreKept() throws IOException {
        Path file = Files.write(directory.resolve("file"), OLD);
        assumeTrue((int) Files.getAttribute(file, "unix:uid") == 0, "only root may give files away");
        Files.setAttribute(file, "unix:uid", 4321);
        Files.setAttribute(file, "unix:gid", 1234);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        checkAndWrite(file);
        assertEquals(4321, Files.getAttribute(file, "unix:uid"));
        assertEquals(1234, Files.getAttribute(file, "unix:gid"));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whoMayNotSetTheGroupDoesNotWidenAccess() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Path file = Files.write(open.resolve("file"), OLD);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        assertEquals("exit 0", asNobody(open, file));
        assertEquals(65534, Files.getAttribute(file, "unix:gid"));
        assertArrayEquals(NEW, Files.readAllBytes(file));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        Files.setAttribute(file, "unix:gid", 0);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw----r--"));
        assertEquals("exit 0", asNobody(open, file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatOnlyItsOwnerMayReplaceIsRefused() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Path file = Files.write(open.resolve("file"), OLD);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertEquals("exit 0", asNobody(open, file));
        Files.write(open.resolve("other"), OLD);
        run("chmod", "1777", open.toString());
        assertEquals("exit 0", asNobody(open, file));
        String refused = asNobody(open, open.resolve("other"));
        assertTrue(refused.startsWith(open.resolve("other") + ": it belongs to another user"), refused);
    }

    /** Runs {@link Writer} as another user, in a directory that is made open for all. */
    private String asNobody(Path open, Path file) throws Exception {
        assumeTrue((int) Files.getAttribute(directory, "unix:uid") == 0, "only root may be somebody else");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        if (!Files.isWritable(open) || Files.getPosixFilePermissions(open).size() < 9)
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path classes = Files.createDirectories(directory.resolve("classes/lanewise/file"));
        for (Class<?> type : List.of(AtomicFileTest.class, AtomicFile.class)) {
            Path from = Path.of(
                            type.getResource(type.getSimpleName() + ".class").toURI())
                    .getParent();
            try (Stream<Path> files = Files.list(from)) {
                for (Path one : files.toList())
                    if (Files.notExists(classes.resolve(one.getFileName())))
                        Files.copy(one, classes.resolve(one.getFileName()));
            }
        }
        List<String> command = List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                directory.resolve("classes").toString(),
                Writer.class.getName(),
                file.toString());
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            assumeTrue(false, "there is no setpriv");
            throw e;
        }
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed + "exit " + process.waitFor();
    }

    /** Checks and writes a file; prints why it cannot. */
    static final class Writer {

        private Writer() {}

        public static void main(String[] args) {
            try {
                checkAndWrite(Path.of(args[0]));
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    // Others

    @Test
    void anInterruptedThreadWritesAllTheSame() throws IOException {
        Path file = directory.resolve("file");
        Thread.currentThread().interrupt();
        checkAndWrite(file);
        assertTrue(Thread.interrupted());
        assertArrayEquals(NEW, Files.readAllBytes(file));

        boolean[] before = {false};
        AtomicFile.write(file, out -> {
            out.write(OLD);
            if (!before[0]) Thread.currentThread().interrupt();
            before[0] = true;
            out.write(NEW);
        });
        assertTrue(Thread.interrupted());
        assertEquals(OLD.length + NEW.length, Files.size(file));

        String message = assertThrows(
                        IOException.class,
                        () -> AtomicFile.write(file, out -> {
                            Thread.currentThread().interrupt();
                            out.write(NEW);
                        }))
                .getMessage();
        assertTrue(Thread.interrupted());
        assertTrue(message.startsWith(file + ": ") && message.contains("interrupted"), message);
        assertEquals(List.of("file"), names());
    }

    @Test
    void contentsMayCloseTheStream() throws IOException {
        Path file = directory.resolve("file");
        AtomicFile.write(file, out -> {
            try (out) {
                out.write(NEW);
            }
        });
        assertArrayEquals(NEW, Files.readAllBytes(file));
    }

    @Test
    void aSecondCopyOfTheLibraryLeavesTheFirstOnesTemporaryFileAloneAndLocked() throws Exception {
        Path file = directory.resolve("file");
        URL[] library = {Path.of("src/core/target/classes").toUri().toURL()};
        try (URLClassLoader copy = new URLClassLoader(library, null)) {
            Class<?> type = copy.loadClass(AtomicFile.class.getName());
            assertNotSame(AtomicFile.class, type);
            Class<?> contents = copy.loadClass(AtomicFile.Contents.class.getName());
            Object nothing = Proxy.newProxyInstance(copy, new Class<?>[] {contents}, (p, m, a) -> null);
            AtomicFile.write(file, out -> {
                String temporary = names().get(0);
                try {
                    type.getMethod("write", Path.class, contents).invoke(null, file, nothing);
                    assertEquals(List.of(temporary, "file"), names());
                    assertEquals("exit 0", ChildJvm.run(List.of(), Writer.class, file.toString()));
                } catch (ReflectiveOperationException | InterruptedException e) {
                    throw new AssertionError(e);
                }
                assertEquals(List.of(temporary, "file"), names(), "it was taken for left over");
                out.write(OLD);
            });
        }
        assertArrayEquals(OLD, Files.readAllBytes(file));
        assertEquals(List.of("file"), names());
    }

    @Test
    void aFileInAZipFileIsReplacedAndNothingElseIsLeft() throws IOException {
        Path zip = directory.resolve("files.zip");
        URI uri = URI.create("jar:" + zip.toUri());
        for (Map<String, String> options :
                List.of(Map.of("create", "true"), Map.of("create", "true", "enablePosixFileAttributes", "true"))) {
            FileSystem files = FileSystems.newFileSystem(uri, options);
            try (files) {
                Path file = files.getPath("/model");
                for (int i = 0; i < 2; i++) {
                    checkAndWrite(file);
                    assertArrayEquals(NEW, Files.readAllBytes(file));
                }
                write(files.getPath("relative"));
                IOException planted = assertThrows(
                        IOException.class,
                        () -> AtomicFile.write(file, out -> {
                            out.write(OLD);
                            throw new IOException("planted");
                        }));
                assertEquals("/model: planted", planted.getMessage());
                assertThrows(NoSuchFileException.class, () -> AtomicFile.check(files.getPath("/none/model")));
            }
            assertTrue(assertThrows(IOException.class, () -> write(files.getPath("/model")))
                    .getMessage()
                    .contains("/model: its file system is closed"));
            try (FileSystem again = FileSystems.newFileSystem(uri, Map.of());
                    Stream<Path> all = Files.walk(again.getPath("/"))) {
                assertEquals(
                        "[/, /model, /relative]", Arrays.toString(all.sorted().toArray()));
                assertArrayEquals(NEW, Files.readAllBytes(again.getPath("/model")));
            }
        }
    }

    @Test
    void aFileSystemThatCannotBeWrittenIsToldByAnIOException() {
        Path file = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base/module-info.class");
        for (String message : List.of(
                assertThrows(IOException.class, () -> AtomicFile.check(file)).getMessage(),
                assertThrows(IOException.class, () -> write(file)).getMessage()))
            assertEquals(file + ": its file system cannot be written", message);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatOnlyLooksLeftOverStays() throws Exception {
        Path pipe = directory.resolve(".file.0123456789abcdef.tmp");
        assumeTrue(run("mkfifo", pipe.toString()) == 0, "there are no pipes");
        Path link = Files.createSymbolicLink(
                directory.resolve(".file.1.tmp"), Files.write(directory.resolve("other"), OLD));
        write(directory.resolve("file"));
        assertTrue(Files.exists(pipe, LinkOption.NOFOLLOW_LINKS));
        assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
        assertArrayEquals(OLD, Files.readAllBytes(directory.resolve("other")));
    }
}
