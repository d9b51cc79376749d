import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs many calls of Apache Kafka's tools in one process, because each start of Java takes seconds. A line of input is
 * {"class","args","stdin","timeout"}, a line of output {"out","err","code"}. Each call gets the tools' classes anew,
 * since they keep counters in static fields, and a thread that stays parked where the tool would have ended the process.
 */
public class Batch {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Loads the tools' own classes itself, everything else (clients, parsers) from the parent. */
    static class Fresh extends URLClassLoader {
        Fresh(URL[] urls, ClassLoader parent) { super(urls, parent); }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.apache.kafka.tools.") && !name.startsWith("kafka.tools.") && !name.startsWith("kafka.admin.")
                    || name.startsWith("org.apache.kafka.tools.api.")) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                return c != null ? c : findClass(name);
            }
        }
    }

    @SuppressWarnings("removal")
    public static void main(String[] a) throws Exception {
        PrintStream answer = System.out;
        java.security.Policy.setPolicy(new java.security.Policy() {
            @Override public boolean implies(java.security.ProtectionDomain d, java.security.Permission p) { return true; }
        });
        System.setSecurityManager(new SecurityManager() { // the only way to survive a parser's System.exit
            @Override public void checkPermission(java.security.Permission p) { }
            @Override public void checkExit(int status) { if (!over) ended(status); }
        });
        List<URL> urls = new ArrayList<>();
        for (String p : System.getProperty("java.class.path").split(":")) urls.add(Path.of(p).toUri().toURL());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            answer.println(JSON.writeValueAsString(run(urls.toArray(new URL[0]), JSON.readTree(line))));
            answer.flush();
        }
        over = true;
        Runtime.getRuntime().halt(0);
    }

    static volatile boolean over;
    static volatile AtomicInteger code;
    static volatile CountDownLatch done;
    static final List<Runnable> hooks = new java.util.concurrent.CopyOnWriteArrayList<>();

    /** The tool would end the process here: its hooks run, its code is kept, its thread waits for ever. */
    static void ended(int status) {
        AtomicInteger c = code;
        CountDownLatch d = done;
        if (d.getCount() > 0) c.compareAndSet(0, status);
        finish(d);
        try { new CountDownLatch(1).await(); } catch (InterruptedException e) { throw new RuntimeException(e); }
    }

    static void finish(CountDownLatch d) {
        for (Runnable r : hooks) r.run();
        hooks.clear();
        d.countDown();
    }

    static ObjectNode run(URL[] urls, JsonNode call) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        InputStream stdin = new ByteArrayInputStream(call.path("stdin").asText("").getBytes(StandardCharsets.UTF_8));
        System.setIn(stdin);
        String[] args = JSON.convertValue(call.get("args"), String[].class);
        AtomicInteger code = Batch.code = new AtomicInteger();
        CountDownLatch done = Batch.done = new CountDownLatch(1);
        hooks.clear();
        Fresh loader = new Fresh(urls, Batch.class.getClassLoader());
        exitProcedures();
        Thread t = new Thread(() -> {
            try {
                Class.forName(call.get("class").asText(), true, loader).getMethod("main", String[].class).invoke(null, (Object) args);
            } catch (Throwable e) {
                (e.getCause() == null ? e : e.getCause()).printStackTrace();
                code.compareAndSet(0, 1);
            }
            finish(done);
        });
        t.setContextClassLoader(loader);
        t.setDaemon(true);
        t.start();
        if (!done.await(call.path("timeout").asLong(30), TimeUnit.SECONDS)) code.set(124);
        System.out.flush();
        System.err.flush();
        ObjectNode r = JSON.createObjectNode();
        r.put("out", out.toString(StandardCharsets.UTF_8));
        r.put("err", err.toString(StandardCharsets.UTF_8));
        r.put("code", code.get());
        return r;
    }

    /** Kafka's own door out of the process, and its list of hooks. */
    static void exitProcedures() throws Exception {
        Class<?> exit;
        try {
            exit = Class.forName("org.apache.kafka.common.utils.Exit");
        } catch (ClassNotFoundException e) { // its place since 4.4
            exit = Class.forName("org.apache.kafka.common.utils.internals.Exit");
        }
        for (String what : new String[] {"ExitProcedure", "HaltProcedure", "ShutdownHookAdder"}) {
            Class<?> type = Class.forName(exit.getName() + "$" + (what.startsWith("S") ? what : "Procedure"));
            Object p = Proxy.newProxyInstance(Batch.class.getClassLoader(), new Class<?>[] {type}, (self, m, a) -> {
                if (m.getName().equals("execute")) ended((Integer) a[0]);
                if (m.getName().equals("addShutdownHook")) hooks.add((Runnable) a[1]);
                return null;
            });
            exit.getMethod("set" + what, type).invoke(null, p);
        }
    }
}
