package lanewise.formats.tensor;

import static lanewise.formats.tensor.MappedFile.quoted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import lanewise.formats.FormatException;

/**
 * Reads a zip archive that is mapped into memory: entries stored or deflated, with checked sizes and checksums. Not by {@link
 * java.util.zip.ZipFile}, because that believes the sizes, and because arrays that native code holds may be moved under it in
 * JDK 25.0.0 to 25.0.2 (JDK-8377811): what native code touches here are direct buffers.
 */
final class ZipEntries {

    private static final int LOCAL = 0x0403_4b50, CENTRAL = 0x0201_4b50, END = 0x0605_4b50;
    private static final int END64 = 0x0606_4b50, LOCATOR64 = 0x0706_4b50;

    /** Bit flags: encrypted, strong encryption, names in UTF-8. */
    private static final int ENCRYPTED = 0x41, UTF8 = 0x800;

    /** Deflate makes at most 1,032 bytes of one. */
    private static final int MOST_OF_ONE = 1032;

    /** One entry: where its bytes lie, and how many they become. */
    record Entry(String name, int method, int crc, int local, int packed, long size) {}

    private final Object file;
    private final ByteBuffer zip;

    private ZipEntries(Object file, ByteBuffer zip) {
        this.file = file;
        this.zip = zip.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Receives an entry's bytes, in pieces or as a whole. */
    interface Visitor {

        /** What comes of an entry of so many bytes, the first of which are here, if not all. */
        void accept(Entry entry, ByteBuffer bytes) throws FormatException;
    }

    /**
     * Visits all entries, in the order of the archive's directory.
     *
     * @param zip the whole archive, direct
     * @param first of each entry the first bytes, at most {@link #FIRST}, before memory for all of them is taken
     * @param whole of each entry all bytes; checksum and size are right
     */
    static void visit(Object file, ByteBuffer zip, Visitor first, Visitor whole) throws FormatException {
        ZipEntries entries = new ZipEntries(file, zip);
        for (Entry entry : entries.directory()) entries.visit(entry, first, whole);
    }

    /** Bytes for a first look: more than a header of NumPy's. */
    static final int FIRST = 1 << 16;

    private FormatException wrong(String message) {
        return new FormatException(file, message);
    }

    private FormatException wrong(Entry entry, String message) {
        return new FormatException(file, "entry " + quoted(entry.name()) + ": " + message);
    }

    // The directory

    private List<Entry> directory() throws FormatException {
        int size = zip.limit(), end = size - 22;
        // behind the end there may be a comment of at most 65,535 bytes
        while (end >= 0 && (zip.getInt(end) != END || (zip.getShort(end + 20) & 0xffff) != size - end - 22))
            if (--end < size - 22 - 0xffff) break;
        if (end < 0 || zip.getInt(end) != END)
            throw wrong("is no zip archive, or not whole: it has no directory at its end; was it copied to its end?");
        long count = zip.getShort(end + 10) & 0xffff, length = zip.getInt(end + 12) & 0xffff_ffffL;
        long at = zip.getInt(end + 16) & 0xffff_ffffL, limit = end;
        if (zip.getInt(end + 4) != 0) throw wrong("is a part of an archive of several; a whole one expected");
        if (count == 0xffff || length == 0xffff_ffffL || at == 0xffff_ffffL) {
            int locator = end - 20;
            if (locator < 0 || zip.getInt(locator) != LOCATOR64)
                throw wrong("has a directory that is too large for a zip archive");
            long end64 = zip.getLong(locator + 8);
            if (end64 < 0 || end64 > locator - 56L || zip.getInt((int) end64) != END64)
                throw wrong("says that its directory's end is at byte " + Long.toUnsignedString(end64)
                        + ", where it is not");
            count = zip.getLong((int) end64 + 32);
            length = zip.getLong((int) end64 + 40);
            at = zip.getLong((int) end64 + 48);
            limit = end64;
        }
        if (at < 0 || length < 0 || at > limit || length != limit - at || count < 0 || count > length / 46)
            throw wrong("says that its directory has " + Long.toUnsignedString(count) + " entries in "
                    + Long.toUnsignedString(length) + " bytes at byte " + Long.toUnsignedString(at)
                    + ", which does not fit " + size + " bytes that end at " + limit);
        List<Entry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        ByteBuffer directory = zip.slice((int) at, (int) length).order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < count; i++) {
            Entry entry = entry(directory, (int) at);
            if (!names.add(entry.name())) throw wrong("has two entries named " + quoted(entry.name()));
            entries.add(entry);
        }
        if (directory.hasRemaining())
            throw wrong("has a directory of " + length + " bytes, of which its " + count + " entries leave "
                    + directory.remaining());
        requireApart(entries, (int) at);
        return entries;
    }

    private Entry entry(ByteBuffer directory, int before) throws FormatException {
        int at = directory.position();
        if (directory.remaining() < 46 || directory.getInt(at) != CENTRAL)
            throw wrong("directory, byte " + at + ": is no entry");
        int flags = directory.getShort(at + 8) & 0xffff, method = directory.getShort(at + 10) & 0xffff;
        int crc = directory.getInt(at + 16);
        long packed = directory.getInt(at + 20) & 0xffff_ffffL, size = directory.getInt(at + 24) & 0xffff_ffffL;
        int nameLength = directory.getShort(at + 28) & 0xffff, extraLength = directory.getShort(at + 30) & 0xffff;
        int commentLength = directory.getShort(at + 32) & 0xffff;
        long local = directory.getInt(at + 42) & 0xffff_ffffL;
        int end = at + 46 + nameLength + extraLength + commentLength;
        if (end > directory.limit()) throw wrong("directory, byte " + at + ": its last entry is cut");
        String name = name(directory.slice(at + 46, nameLength), flags);
        ByteBuffer extra = directory.slice(at + 46 + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN);
        while (extra.remaining() >= 4) {
            int kind = extra.getShort() & 0xffff, length = extra.getShort() & 0xffff;
            if (length > extra.remaining()) throw wrong("entry " + quoted(name) + ": has a cut extra field");
            int next = extra.position() + length;
            if (kind == 1) {
                // zip64: in this order those that do not fit their four bytes
                ByteBuffer large = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
                boolean[] wanted = {size == 0xffff_ffffL, packed == 0xffff_ffffL, local == 0xffff_ffffL};
                long[] given = {size, packed, local};
                for (int i = 0; i < 3; i++)
                    if (wanted[i]) {
                        if (large.remaining() < 8)
                            throw wrong("entry " + quoted(name) + ": lacks a size that does not fit four bytes");
                        given[i] = large.getLong();
                    }
                size = given[0];
                packed = given[1];
                local = given[2];
            }
            extra.position(next);
        }
        directory.position(end);
        if ((flags & ENCRYPTED) != 0) throw wrong("entry " + quoted(name) + ": is encrypted, which is not supported");
        if (method != 0 && method != 8)
            throw wrong("entry " + quoted(name) + ": is packed by method " + method
                    + "; stored (0) and deflated (8) ones are supported");
        if (local < 0 || packed < 0 || size < 0 || local > before - 30 || packed > before - 30 - local)
            throw wrong("entry " + quoted(name) + ": has " + Long.toUnsignedString(packed) + " bytes at "
                    + Long.toUnsignedString(local) + ", but the archive's entries end at " + before);
        if (method == 0 ? size != packed : size / MOST_OF_ONE > packed)
            throw wrong("entry " + quoted(name) + ": says that its " + packed + " bytes become " + size
                    + (method == 0 ? ", but it is stored as it is" : ", which deflate cannot do"));
        return new Entry(name, method, crc, (int) local, (int) packed, size);
    }

    private String name(ByteBuffer bytes, int flags) throws FormatException {
        Charset charset = (flags & UTF8) != 0 ? StandardCharsets.UTF_8 : StandardCharsets.US_ASCII;
        try {
            return charset.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new FormatException(file, "directory: an entry's name is no " + charset, e);
        }
    }

    /** No byte is of two entries, as in archives that unpack to more than they could hold. */
    private void requireApart(List<Entry> entries, int directory) throws FormatException {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingInt(Entry::local));
        for (int i = 0; i < sorted.size(); i++) {
            Entry entry = sorted.get(i);
            int next = i + 1 < sorted.size() ? sorted.get(i + 1).local() : directory;
            if ((long) data(entry) + entry.packed() > next)
                throw wrong(entry, "overlaps " + (next == directory ? "the directory" : "the entry behind it"));
        }
    }

    /** Where an entry's bytes begin. */
    private int data(Entry entry) throws FormatException {
        int at = entry.local();
        if (zip.getInt(at) != LOCAL) throw wrong(entry, "is not at byte " + at + ", where it should begin");
        if ((zip.getShort(at + 8) & 0xffff) != entry.method())
            throw wrong(entry, "is packed by another method than the directory says");
        int nameLength = zip.getShort(at + 26) & 0xffff, begin = at + 30 + nameLength;
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        if (begin > zip.limit() || !zip.slice(at + 30, nameLength).equals(ByteBuffer.wrap(name)))
            throw wrong(entry, "has another name in the directory than before its bytes");
        return begin + (zip.getShort(at + 28) & 0xffff);
    }

    // Contents

    private void visit(Entry entry, Visitor first, Visitor whole) throws FormatException {
        ByteBuffer packed = zip.slice(data(entry), entry.packed());
        if (entry.method() == 0) {
            first.accept(entry, packed.slice(0, Math.min(packed.limit(), FIRST)));
            requireCrc(entry, crc(packed));
            whole.accept(entry, packed);
            return;
        }
        // once to count, then once to keep: memory is taken for what is there alone
        ByteBuffer piece = ByteBuffer.allocateDirect(FIRST);
        inflate(entry, packed, piece, bytes -> first.accept(entry, bytes), bytes -> {});
        MappedFile.requireHeap(file, entry.size());
        if (entry.size() > Integer.MAX_VALUE - 8)
            throw wrong(entry, "has " + entry.size() + " bytes, more than are supported");
        ByteBuffer all = ByteBuffer.allocate((int) entry.size());
        inflate(entry, packed, piece, bytes -> {}, all::put);
        whole.accept(entry, all.rewind());
    }

    private interface Piece {

        void accept(ByteBuffer bytes) throws FormatException;
    }

    /** Inflates piece by piece; what is first, before the rest is looked at. Size and checksum are right in the end. */
    private void inflate(Entry entry, ByteBuffer packed, ByteBuffer piece, Piece first, Piece each)
            throws FormatException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed.duplicate());
            CRC32 crc = new CRC32();
            long size = 0;
            boolean ended = false;
            while (!ended) {
                piece.clear();
                while (piece.hasRemaining() && !ended) {
                    int inflated = inflater.inflate(piece);
                    ended = inflater.finished();
                    if (inflated == 0 && !ended)
                        throw wrong(entry, "its deflated bytes end too early, or need a dictionary");
                }
                piece.flip();
                size += piece.remaining();
                if (size > entry.size()) break;
                crc.update(piece.duplicate());
                if (size == piece.remaining()) first.accept(piece.duplicate());
                each.accept(piece);
            }
            if (size != entry.size())
                throw wrong(
                        entry,
                        "should have " + entry.size() + " bytes, but its " + entry.packed() + " deflated ones become "
                                + (size > entry.size() ? "more" : size));
            if (inflater.getRemaining() > 0)
                throw wrong(entry, "has " + inflater.getRemaining() + " bytes behind its deflated ones");
            requireCrc(entry, (int) crc.getValue());
        } catch (DataFormatException e) {
            throw new FormatException(
                    file, "entry " + quoted(entry.name()) + ": its bytes are not deflated ones: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    /** The checksum of a direct buffer. */
    static int crc(ByteBuffer direct) {
        CRC32 crc = new CRC32();
        crc.update(direct.duplicate());
        return (int) crc.getValue();
    }

    private void requireCrc(Entry entry, int found) throws FormatException {
        if (found != entry.crc())
            throw wrong(entry, String.format("its checksum is %08x, %08x expected; it is damaged", found, entry.crc()));
    }
}
