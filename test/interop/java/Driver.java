import java.io.*;
import java.lang.reflect.Method;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.*;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;

/** Drives kafka-clients of any version from 1.1.1 on: what the versions name differently is called by reflection. */
public final class Driver {
    static String bootstrap;
    static BufferedReader in;
    static PrintStream out;
    static volatile boolean ended;

    public static void main(String[] args) throws Exception {
        bootstrap = args[args.length - 1];
        in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        System.setOut(System.err);
        for (String line; (line = in.readLine()) != null; ) {
            int q = line.indexOf('?');
            String word = q < 0 ? line : line.substring(0, q);
            Map<String, String> v = parse(q < 0 ? "" : line.substring(q + 1));
            try {
                perform(word, v);
                say("ok");
            } catch (UnsupportedOperationException e) {
                say("lacking", "why", e.getMessage());
            } catch (Throwable t) {
                t.printStackTrace();
                Throwable root = t;
                while (root.getCause() != null) root = root.getCause();
                say("fail", "error", root.toString());
            }
        }
    }

    static void perform(String word, Map<String, String> v) throws Exception {
        switch (word) {
            case "hello": hello(); break;
            case "create": try (AdminClient a = admin()) {
                a.createTopics(Collections.singleton(new NewTopic(v.get("topic"), Integer.parseInt(v.get("partitions")), (short) 1))).all().get();
            } break;
            case "list": list(); break;
            case "produce": produce(v); break;
            case "read": read(v); break;
            case "consume": consume(v); break;
            case "committed": committed(v); break;
            case "reset": reset(v); break;
            case "member": member(v); break;
            case "delete": try (AdminClient a = admin()) { a.deleteTopics(Collections.singleton(v.get("topic"))).all().get(); } break;
            default: throw new IllegalArgumentException(word);
        }
    }

    static void hello() {
        String version = System.getProperty("client.version");
        boolean zstd = !version.startsWith("1.");
        say("client", "version", version, "codecs", "none,gzip,snappy,lz4" + (zstd ? ",zstd" : ""), "headers", "1", "tombstones", "1", "idempotent", "1");
    }

    static AdminClient admin() { return AdminClient.create(base()); }

    static Properties base() {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        return p;
    }

    static KafkaConsumer<byte[], byte[]> consumer(String group, int max) {
        Properties p = base();
        if (group != null) p.put("group.id", group);
        p.put("auto.offset.reset", "earliest");
        p.put("enable.auto.commit", "false");
        p.put("session.timeout.ms", "6000");
        p.put("heartbeat.interval.ms", "1500");
        p.put("max.poll.records", String.valueOf(max));
        return new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static void list() throws Exception {
        try (AdminClient a = admin(); KafkaConsumer<byte[], byte[]> c = consumer(null, 1)) {
            for (String name : a.listTopics().names().get())
                if (name.startsWith("interop-")) say("topic", "name", name, "partitions", String.valueOf(c.partitionsFor(name).size()));
        }
    }

    static void produce(Map<String, String> v) throws Exception {
        Properties p = base();
        p.put("compression.type", v.get("codec"));
        p.put("acks", "all");
        p.put("linger.ms", "5");
        p.put("retries", "10"); // 1.1.1 tries once by default, and a topic just made may have no leader yet
        p.put("max.block.ms", "20000");
        if ("true".equals(v.get("idempotent"))) { p.put("enable.idempotence", "true"); p.put("batch.size", "200"); }
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (String line; !(line = in.readLine()).equals("end"); ) {
                Map<String, String> r = parse(line.substring(4));
                int part = Integer.parseInt(r.get("p"));
                ProducerRecord<byte[], byte[]> rec = new ProducerRecord<>(v.get("topic"), part < 0 ? null : part, unhex(r.get("k")), unhex(r.get("v")));
                for (Map.Entry<String, String> e : r.entrySet())
                    if (e.getKey().startsWith("h.")) rec.headers().add(e.getKey().substring(2), unhex(e.getValue()));
                sent.add(producer.send(rec));
            }
            for (Future<RecordMetadata> f : sent) if (f.get().offset() < 0) throw new IllegalStateException("no offset in the answer");
        }
    }

    static void record(ConsumerRecord<byte[], byte[]> r) {
        List<String> f = new ArrayList<>(Arrays.asList("p", "" + r.partition(), "o", "" + r.offset(), "t", "" + r.timestamp()));
        if (r.key() != null) Collections.addAll(f, "k", hex(r.key()));
        if (r.value() != null) Collections.addAll(f, "v", hex(r.value()));
        for (Header h : r.headers()) Collections.addAll(f, "h." + h.key(), hex(h.value()));
        say("rec", f.toArray(new String[0]));
    }

    static void read(Map<String, String> v) throws Exception {
        int count = Integer.parseInt(v.get("count"));
        try (KafkaConsumer<byte[], byte[]> c = consumer(null, 500)) {
            List<TopicPartition> all = assign(c, v.get("topic"));
            c.seekToBeginning(all);
            if (v.containsKey("time")) {
                Map<TopicPartition, Long> ask = new HashMap<>();
                for (TopicPartition tp : all) ask.put(tp, Long.parseLong(v.get("time")));
                Map<TopicPartition, OffsetAndTimestamp> at = c.offsetsForTimes(ask);
                for (TopicPartition tp : all)
                    if (at.get(tp) == null) c.seekToEnd(Collections.singleton(tp)); else c.seek(tp, at.get(tp).offset());
            }
            take(c, count, false);
        }
    }

    static List<TopicPartition> assign(KafkaConsumer<byte[], byte[]> c, String topic) {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < c.partitionsFor(topic).size(); i++) all.add(new TopicPartition(topic, i));
        c.assign(all);
        return all;
    }

    static void take(KafkaConsumer<byte[], byte[]> c, int count, boolean commit) throws Exception {
        long until = System.currentTimeMillis() + 20000;
        int n = 0;
        while (n < count && System.currentTimeMillis() < until)
            for (ConsumerRecord<byte[], byte[]> r : poll(c)) {
                if (n++ >= count && commit) throw new IllegalStateException("more than asked for in one poll");
                record(r);
                if (commit) c.commitSync(Collections.singletonMap(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1, "m")));
            }
        if (n < count) throw new IllegalStateException(n + " of " + count + " records in 20 s");
    }

    static void consume(Map<String, String> v) throws Exception {
        try (KafkaConsumer<byte[], byte[]> c = consumer(v.get("group"), 1)) {
            c.subscribe(Collections.singleton(v.get("topic")));
            take(c, Integer.parseInt(v.get("max")), true);
        }
    }

    @SuppressWarnings("unchecked")
    static void committed(Map<String, String> v) throws Exception {
        try (KafkaConsumer<byte[], byte[]> c = consumer(v.get("group"), 1)) {
            for (TopicPartition tp : assign(c, v.get("topic"))) {
                OffsetAndMetadata m;
                try {
                    Method set = KafkaConsumer.class.getMethod("committed", Set.class);
                    m = ((Map<TopicPartition, OffsetAndMetadata>) set.invoke(c, Collections.singleton(tp))).get(tp);
                } catch (NoSuchMethodException e) {
                    m = (OffsetAndMetadata) KafkaConsumer.class.getMethod("committed", TopicPartition.class).invoke(c, tp);
                }
                if (m != null && !m.metadata().equals("m")) throw new IllegalStateException("metadata " + m.metadata());
                if (m != null) say("offset", "p", "" + tp.partition(), "o", "" + m.offset());
            }
        }
    }

    static void reset(Map<String, String> v) throws Exception {
        try (KafkaConsumer<byte[], byte[]> c = consumer(v.get("group"), 1)) {
            List<TopicPartition> all = assign(c, v.get("topic"));
            c.seekToBeginning(all);
            for (TopicPartition tp : all) c.position(tp);
            c.commitSync();
        }
    }

    static void member(Map<String, String> v) throws Exception {
        Thread watch = new Thread(() -> {
            try { while (in.readLine() != null) { } } catch (IOException e) { }
            ended = true;
        });
        watch.setDaemon(true);
        watch.start();
        try (KafkaConsumer<byte[], byte[]> c = consumer(v.get("group"), 500)) {
            c.subscribe(Collections.singleton(v.get("topic")));
            while (!ended) {
                boolean any = false;
                for (ConsumerRecord<byte[], byte[]> r : poll(c)) { record(r); any = true; }
                try {
                    if (any) c.commitSync();
                } catch (CommitFailedException | org.apache.kafka.common.errors.RebalanceInProgressException e) {
                    System.err.println("commit in a rebalance: " + e);
                }
            }
        }
    }

    static Method poll;
    static Object wait;

    @SuppressWarnings("unchecked")
    static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> c) throws Exception {
        if (poll == null)
            try {
                Class<?> duration = Class.forName("java.time.Duration");
                poll = KafkaConsumer.class.getMethod("poll", duration);
                wait = duration.getMethod("ofMillis", long.class).invoke(null, 200L);
            } catch (NoSuchMethodException e) {
                poll = KafkaConsumer.class.getMethod("poll", long.class);
                wait = 200L;
            }
        try {
            return (ConsumerRecords<byte[], byte[]>) poll.invoke(c, wait);
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof Exception) throw (Exception) e.getCause();
            throw e;
        }
    }

    static Map<String, String> parse(String query) throws IOException {
        Map<String, String> m = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            if (pair.isEmpty()) continue;
            int eq = pair.indexOf('=');
            m.put(URLDecoder.decode(pair.substring(0, eq), "UTF-8"), URLDecoder.decode(pair.substring(eq + 1), "UTF-8"));
        }
        return m;
    }

    static void say(String word, String... pairs) {
        try {
            StringBuilder b = new StringBuilder("@").append(word).append('?');
            for (int i = 0; i < pairs.length; i += 2)
                b.append(i > 0 ? "&" : "").append(URLEncoder.encode(pairs[i], "UTF-8")).append('=').append(URLEncoder.encode(String.valueOf(pairs[i + 1]), "UTF-8"));
            synchronized (out) { out.println(b); out.flush(); }
        } catch (UnsupportedEncodingException e) {
            throw new RuntimeException(e);
        }
    }

    static byte[] unhex(String s) {
        if (s == null) return null;
        byte[] b = new byte[s.length() / 2];
        for (int i = 0; i < b.length; i++) b[i] = (byte) Integer.parseInt(s.substring(2 * i, 2 * i + 2), 16);
        return b;
    }

    static String hex(byte[] b) {
        if (b == null) return "";
        StringBuilder s = new StringBuilder();
        for (byte x : b) s.append(Character.forDigit(x >> 4 & 15, 16)).append(Character.forDigit(x & 15, 16));
        return s.toString();
    }
}
