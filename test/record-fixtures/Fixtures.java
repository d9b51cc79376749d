import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.zip.CRC32;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.*;
import org.apache.kafka.storage.internals.log.*;

/** Record sets by Apache Kafka's own code. "write DIR" makes NAME.bin and NAME.txt; "check DIR" reads every NAME.bin and compares with NAME.txt. */
public class Fixtures {
    static final long T = 1_700_000_000_000L;
    static Path dir;

    public static void main(String[] args) throws Exception {
        dir = Path.of(args[1]);
        Files.createDirectories(dir);
        if (args[0].equals("check")) {
            check();
            return;
        }
        batches();
        controls();
        legacy();
        validator();
    }

    interface Fill { void into(MemoryRecordsBuilder b) throws Exception; }

    static void fiveRecords(MemoryRecordsBuilder b) {
        byte magic = b.magic();
        Header[] none = new Header[0];
        Header[] some = magic < 2 ? none : new Header[] {new RecordHeader("trace", bytes("abc")), new RecordHeader("", new byte[0]), new RecordHeader("trace", (byte[]) null)};
        b.append(T, bytes("key"), bytes("value"), none);
        b.append(T + 5, (byte[]) null, bytes("no key"), none);
        b.append(T - 1000, bytes("tombstone"), (byte[]) null, none);
        b.append(T + 70000, new byte[0], new byte[0], some);
        b.append(T + 1, (byte[]) null, (byte[]) null, some);
    }

    static void manyRecords(MemoryRecordsBuilder b) {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < 600; i++) s.append("line ").append(i * 7919 % 1000).append(' ');
        for (int i = 0; i < 45; i++) b.append(T + i, bytes("key-" + i), bytes(i + s.substring(i)), new Header[0]);
    }

    static MemoryRecords build(byte magic, Compression c, TimestampType type, long base, long pid, short epoch, int seq, boolean txn, int leaderEpoch, Fill fill) throws Exception {
        var b = new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 20), magic, c, type, base, T + 42, pid, epoch, seq, txn, false, leaderEpoch, 1 << 20);
        fill.into(b);
        return b.build();
    }

    static void batches() throws Exception {
        for (var type : CompressionType.values()) {
            var c = Compression.of(type).build();
            var set = build((byte) 2, c, TimestampType.CREATE_TIME, 1000, -1, (short) -1, -1, false, 7, Fixtures::fiveRecords);
            write("v2-" + type.name, set);
            if (type != CompressionType.NONE)
                write("v2-many-" + type.name, build((byte) 2, c, TimestampType.CREATE_TIME, 0, -1, (short) -1, -1, false, -1, Fixtures::manyRecords));
        }
        Fill five = Fixtures::fiveRecords;
        Fill many = Fixtures::manyRecords;
        write("v2-gzip-9", build((byte) 2, Compression.gzip().level(9).build(), TimestampType.CREATE_TIME, 0, -1, (short) -1, -1, false, 0, many));
        write("v2-lz4-17", build((byte) 2, Compression.lz4().level(17).build(), TimestampType.CREATE_TIME, 0, -1, (short) -1, -1, false, 0, many));
        write("v2-zstd-19", build((byte) 2, Compression.zstd().level(19).build(), TimestampType.CREATE_TIME, 0, -1, (short) -1, -1, false, 0, many));
        write("v2-logappend", build((byte) 2, Compression.NONE, TimestampType.LOG_APPEND_TIME, 10, -1, (short) -1, -1, false, 3, five));
        write("v2-logappend-zstd", build((byte) 2, Compression.zstd().build(), TimestampType.LOG_APPEND_TIME, 10, -1, (short) -1, -1, false, 3, five));
        write("v2-idempotent", build((byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 0, 4711, (short) 3, Integer.MAX_VALUE - 2, false, -1, five));
        write("v2-transactional", build((byte) 2, Compression.lz4().build(), TimestampType.CREATE_TIME, 1L << 40, 4712, (short) 0, 17, true, 12, five));
        var gaps = new MemoryRecordsBuilder(ByteBuffer.allocate(4096), (byte) 2, Compression.NONE, TimestampType.CREATE_TIME, 500, -1, 9, (short) 1, 100, true, false, 2, 4096);
        gaps.appendWithOffset(503, T, bytes("a"), bytes("1"));
        gaps.appendWithOffset(510, T + 3, bytes("b"), bytes("2"));
        gaps.overrideLastOffset(520);
        write("v2-compacted", gaps.build());
        var horizon = new MemoryRecordsBuilder(new ByteBufferOutputStream(4096), (byte) 2, Compression.gzip().build(), TimestampType.CREATE_TIME, 0, -1, -1, (short) -1, -1, false, false, 1, 4096, T + 86_400_000L);
        horizon.append(T, bytes("gone"), null);
        write("v2-horizon", horizon.build());
        var empty = ByteBuffer.allocate(61);
        DefaultRecordBatch.writeEmptyHeader(empty, (byte) 2, 77, (short) 4, 30, 200, 209, 5, TimestampType.CREATE_TIME, T, true, false);
        empty.flip();
        write("v2-empty", MemoryRecords.readableRecords(empty));
    }

    static void controls() throws Exception {
        write("v2-commit", MemoryRecords.withEndTransactionMarker(1234, T, 5, 4712, (short) 6, new EndTransactionMarker(ControlRecordType.COMMIT, 21)));
        write("v2-abort", MemoryRecords.withEndTransactionMarker(1235, T, 5, 4712, (short) 6, new EndTransactionMarker(ControlRecordType.ABORT, 22)));
        var voter = new LeaderChangeMessage.Voter().setVoterId(1);
        var change = new LeaderChangeMessage().setLeaderId(1).setVoters(List.of(voter)).setGrantingVoters(List.of(voter.duplicate()));
        write("v2-leader-change", MemoryRecords.withLeaderChangeMessage(0, T, 1, ByteBuffer.allocate(256), change));
        write("v2-snapshot-header", MemoryRecords.withSnapshotHeaderRecord(0, T, 1, ByteBuffer.allocate(256), new SnapshotHeaderRecord().setLastContainedLogTimestamp(T)));
        write("v2-snapshot-footer", MemoryRecords.withSnapshotFooterRecord(9, T, 1, ByteBuffer.allocate(256), new SnapshotFooterRecord()));
        write("v2-kraft-version", MemoryRecords.withKRaftVersionRecord(1, T, 1, ByteBuffer.allocate(256), new KRaftVersionRecord().setKRaftVersion((short) 1)));
        write("v2-kraft-voters", MemoryRecords.withVotersRecord(2, T, 1, ByteBuffer.allocate(256),
            new VotersRecord().setVoters(List.of(new VotersRecord.Voter().setVoterId(1).setVoterDirectoryId(new Uuid(1, 2))))));
    }

    static void legacy() throws Exception {
        for (byte magic = 0; magic < 2; magic++) {
            for (var type : CompressionType.values()) {
                if (type == CompressionType.ZSTD) continue;
                var c = Compression.of(type).build();
                var time = magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME;
                write("v" + magic + "-" + type.name, build(magic, c, time, 1000, -1, (short) -1, -1, false, -1, Fixtures::fiveRecords));
                write("v" + magic + "-many-" + type.name, build(magic, c, time, 0, -1, (short) -1, -1, false, -1, type == CompressionType.NONE ? Fixtures::fiveRecords : Fixtures::manyRecords));
                if (magic == 1)
                    write("v1-logappend-" + type.name, build(magic, c, TimestampType.LOG_APPEND_TIME, 50, -1, (short) -1, -1, false, -1, Fixtures::fiveRecords));
            }
        }
    }

    /** What LogValidator says about batches that a topic refuses, one line each. */
    static void validator() throws Exception {
        var out = new StringBuilder();
        for (String file : List.of("v2-none", "v2-gzip", "v2-idempotent", "v2-commit")) {
            for (boolean compacted : new boolean[] {false, true}) {
                for (long before : new long[] {Long.MAX_VALUE, 500}) {
                    for (long after : new long[] {Long.MAX_VALUE, 2}) {
                        out.append(file).append(' ').append(compacted).append(' ').append(before).append(' ').append(after).append(' ');
                        out.append(validate(file, compacted, before, after)).append('\n');
                    }
                }
            }
        }
        Files.writeString(dir.resolve("validator.txt"), out);
    }

    static String validate(String file, boolean compacted, long before, long after) throws Exception {
        var set = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(dir.resolve(file + ".bin"))));
        var codec = set.batches().iterator().next().compressionType();
        var quiet = new LogValidator.MetricsRecorder() {
            public void recordInvalidMagic() { }
            public void recordInvalidOffset() { }
            public void recordInvalidSequence() { }
            public void recordInvalidChecksums() { }
            public void recordNoKeyCompactedTopic() { }
        };
        var v = new LogValidator(set, new TopicPartition("t", 3), new Fixed(), codec, Compression.of(codec).build(), compacted, (byte) 2,
            TimestampType.CREATE_TIME, before, after, 8, AppendOrigin.CLIENT);
        try {
            var r = v.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), quiet, BufferSupplier.NO_CACHING);
            return "max " + r.maxTimestampMs();
        } catch (RecordValidationException e) {
            return "refused " + e.invalidException().getClass().getSimpleName() + " " + e.invalidException().getMessage() + " " + e.recordErrors();
        } catch (RuntimeException e) {
            return "failed " + e.getClass().getSimpleName() + " " + e.getMessage();
        }
    }

    static class Fixed implements Time {
        public long milliseconds() { return T; }
        public long hiResClockMs() { return T; }
        public long nanoseconds() { return T * 1_000_000; }
        public void sleep(long ms) { }
        public void waitObject(Object o, java.util.function.Supplier<Boolean> c, long d) { }
        public org.apache.kafka.common.utils.Timer timer(long ms) { return Time.SYSTEM.timer(ms); }
    }

    static void check() throws Exception {
        int n = 0, bad = 0;
        try (var files = Files.newDirectoryStream(dir, "*.bin")) {
            for (Path p : files) {
                n++;
                Path text = dir.resolve(p.getFileName().toString().replace(".bin", ".txt"));
                String got;
                try {
                    got = dump(MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(p))));
                } catch (Exception e) {
                    got = "failed: " + e;
                }
                if (!got.equals(Files.readString(text))) {
                    bad++;
                    System.out.println(p + ": Apache Kafka reads\n" + got + "expected\n" + Files.readString(text));
                }
            }
        }
        System.out.println(n + " files read by Apache Kafka, " + bad + " differ");
        System.exit(bad == 0 && n > 0 ? 0 : 1);
    }

    static void write(String name, MemoryRecords set) throws Exception {
        ByteBuffer b = set.buffer().duplicate();
        byte[] raw = new byte[b.remaining()];
        b.get(raw);
        Files.write(dir.resolve(name + ".bin"), raw);
        Files.writeString(dir.resolve(name + ".txt"), dump(set));
    }

    static String dump(MemoryRecords set) {
        var s = new StringBuilder();
        for (var b : set.batches()) {
            b.ensureValid();
            if (b instanceof DefaultRecordBatch d)
                s.append(String.format("batch base=%d last=%d epoch=%d codec=%s time=%s txn=%b control=%b start=%d max=%d producer=%d/%d sequence=%d..%d count=%d horizon=%d size=%d crc=%d%n",
                    d.baseOffset(), d.lastOffset(), d.partitionLeaderEpoch(), d.compressionType().name, d.timestampType(), d.isTransactional(), d.isControlBatch(), d.baseTimestamp(),
                    d.maxTimestamp(), d.producerId(), d.producerEpoch(), d.baseSequence(), d.lastSequence(), d.countOrNull(), d.deleteHorizonMs().orElse(-1), d.sizeInBytes(), d.checksum()));
            for (var r : b) {
                s.append(String.format("record offset=%d time=%d key=%s value=%s headers=[", r.offset(), r.timestamp(), show(r.key()), show(r.value())));
                for (var h : r.headers()) s.append(show(ByteBuffer.wrap(bytes(h.key())))).append(':').append(show(h.value() == null ? null : ByteBuffer.wrap(h.value()))).append(' ');
                s.append("]\n");
            }
        }
        return s.toString();
    }

    static String show(ByteBuffer b) {
        if (b == null) return "null";
        byte[] raw = new byte[b.remaining()];
        b.duplicate().get(raw);
        if (raw.length > 64) {
            var crc = new CRC32();
            crc.update(raw);
            return raw.length + "bytes#" + crc.getValue();
        }
        return "'" + HexFormat.of().formatHex(raw) + "'";
    }

    static byte[] bytes(String s) { return s.getBytes(StandardCharsets.UTF_8); }
}
