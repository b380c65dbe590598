package lanewise.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The generated tiles, and the table that says which of them runs when. */
class TilesTest {

    private static final List<Integer> LANES = List.of(4, 8, 16);

    private static String file(String name) throws Exception {
        return Files.readString(TileGenerator.FOLDER.resolve(name));
    }

    @Test
    void theFilesAreWhatTheProgramGenerates() throws Exception {
        String what = "generated anew by: java src/core/test/java/lanewise/kernel/TileGenerator.java";
        assertEquals(TileGenerator.vectorTiles(), file("VectorTiles.java"), what);
        assertEquals(TileGenerator.scalarTiles(), file("ScalarTiles.java"), what);
    }

    @Test
    void theTableNamesEveryTileAndNoOther() throws Exception {
        TreeSet<String> named = new TreeSet<>(), generated = new TreeSet<>();
        for (Tiling tiling : Tiling.values())
            for (int lanes : LANES)
                for (String tile : tiling.tiles(lanes).split(" "))
                    if (!tile.isEmpty()) named.add(tiling.operation() + tile);
        Matcher methods = Pattern.compile("static void (\\w+\\dx\\d+)\\(").matcher(file("VectorTiles.java"));
        while (methods.find()) generated.add(methods.group(1));
        assertEquals(named, generated);
    }

    @Test
    void tilesAreAsTheirNamesSay() {
        for (Tiling tiling : Tiling.values())
            for (int lanes : LANES) {
                String[] tiles = tiling.tiles(lanes).split(" ");
                assertEquals(tiling.exists(lanes), !tiles[0].isEmpty());
                if (!tiling.exists(lanes)) continue;
                int before = Integer.MAX_VALUE;
                for (String tile : tiles) {
                    assertTrue(tile.matches("[1-9]x[1-9]\\d?"), tile);
                    int vectors = Integer.parseInt(tile.substring(2));
                    assertTrue(vectors < before, tiling + ": the widest first");
                    assertEquals(
                            tiling.rows(lanes) + "x" + vectors, tile, "of one operation's rows there is one number");
                    assertEquals(vectors, tiling.next(lanes, vectors * lanes));
                    before = vectors;
                }
                assertEquals(before, tiling.next(lanes, 1), "the narrowest, where none fits");
            }
    }

    /** A tile that computes columns again may do so only in a forward pass, and only where there are so many columns. */
    @Test
    void tilesCoverEveryStride() {
        for (Tiling tiling : List.of(
                Tiling.FORWARD,
                Tiling.FORWARD_NARROW,
                Tiling.SEGMENTS,
                Tiling.FORWARD_ROWS,
                Tiling.SEGMENTS_ROWS,
                Tiling.UPDATE,
                Tiling.UPDATE_ROWS,
                Tiling.UPDATE_LISTED,
                Tiling.UPDATE_FORWARD))
            for (int lanes : LANES)
                for (int stride = Kernels.BLOCK; stride <= 40 * Kernels.BLOCK && tiling.exists(lanes); stride += 16) {
                    boolean again = tiling == Tiling.FORWARD || tiling == Tiling.FORWARD_ROWS;
                    if (again && stride <= Kernels.NARROW) continue;
                    int o = 0;
                    while (o < stride) {
                        int columns = tiling.next(lanes, stride - o) * lanes;
                        assertTrue(columns <= stride, tiling + " at " + lanes + " lanes, stride " + stride);
                        assertTrue(again || o + columns <= stride, tiling + " would do columns twice");
                        o = Math.min(o, stride - columns) + columns;
                    }
                    assertEquals(stride, o);
                }
    }

    /** The program is one file without a dependency, so that a JDK alone runs it. */
    @Test
    void theProgramRunsByItself() throws Exception {
        String source = Files.readString(Path.of("src/core/test/java/lanewise/kernel/TileGenerator.java"));
        Matcher imports = Pattern.compile("(?m)^import (.*);$").matcher(source);
        while (imports.find()) assertTrue(imports.group(1).startsWith("java."), imports.group(1));
    }
}
