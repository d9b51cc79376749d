import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
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
 * {"class","args","stdin","timeout"}, a line of output {"out","err","code"}. Each call loads the tools' classes again,
 * since they keep counters in static fields. A thread stays parked where the tool would have ended the process.
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
        System.setOut(router(false, System.err));
        System.setErr(router(true, System.err));
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

    /** One call. Its threads carry it along, so that one that was given up and ends later speaks for itself only. */
    static class Call {
        static final InheritableThreadLocal<Call> CURRENT = new InheritableThreadLocal<>();
        final ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
        final AtomicInteger code = new AtomicInteger();
        final CountDownLatch done = new CountDownLatch(1);
        final List<Runnable> hooks = new java.util.concurrent.CopyOnWriteArrayList<>();

        void finish() {
            for (Runnable r : hooks) r.run();
            hooks.clear();
            done.countDown();
        }
    }

    /** Sends what is printed to the call of the thread that prints. */
    static PrintStream router(boolean error, PrintStream otherwise) {
        return new PrintStream(new java.io.OutputStream() {
            @Override public void write(int b) { write(new byte[] {(byte) b}, 0, 1); }
            @Override public void write(byte[] b, int off, int len) {
                Call c = Call.CURRENT.get();
                if (c == null) otherwise.write(b, off, len);
                else (error ? c.err : c.out).write(b, off, len);
            }
        }, true, StandardCharsets.UTF_8);
    }

    /** The tool would end the process here: its hooks run, its code is kept, its thread waits for ever. */
    static void ended(int status) {
        Call c = Call.CURRENT.get();
        if (c == null) return;
        if (c.done.getCount() > 0) c.code.compareAndSet(0, status);
        c.finish();
        try { new CountDownLatch(1).await(); } catch (InterruptedException e) { throw new RuntimeException(e); }
    }

    static ObjectNode run(URL[] urls, JsonNode request) throws Exception {
        Call call = new Call();
        System.setIn(new ByteArrayInputStream(request.path("stdin").asText("").getBytes(StandardCharsets.UTF_8)));
        String[] args = JSON.convertValue(request.get("args"), String[].class);
        Fresh loader = new Fresh(urls, Batch.class.getClassLoader());
        exitProcedures();
        Thread t = new Thread(() -> {
            Call.CURRENT.set(call);
            try {
                Class.forName(request.get("class").asText(), true, loader).getMethod("main", String[].class).invoke(null, (Object) args);
            } catch (Throwable e) {
                (e.getCause() == null ? e : e.getCause()).printStackTrace();
                call.code.compareAndSet(0, 1);
            }
            call.finish();
        });
        t.setContextClassLoader(loader);
        t.setDaemon(true);
        t.start();
        boolean late = !call.done.await(request.path("timeout").asLong(30), TimeUnit.SECONDS);
        ObjectNode r = JSON.createObjectNode();
        r.put("out", call.out.toString(StandardCharsets.UTF_8));
        r.put("err", call.err.toString(StandardCharsets.UTF_8));
        r.put("code", late ? 124 : call.code.get());
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
                if (m.getName().equals("addShutdownHook")) Call.CURRENT.get().hooks.add((Runnable) a[1]);
                return null;
            });
            exit.getMethod("set" + what, type).invoke(null, p);
        }
    }
}
