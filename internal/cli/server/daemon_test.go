package server

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// isolated gives the test a folder of running servers of its own.
func isolated(t *testing.T) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("LOG_DIR", filepath.Join(t.TempDir(), "logs"))
}

func TestDaemon(t *testing.T) {
	isolated(t)
	data := t.TempDir()
	file := configFile(t, "broker.id=5\nlog.dirs=%s\n%s", data, anyPort)
	var out, errs bytes.Buffer
	if code := Run("gregor", []string{"-daemon", file}, &out, &errs); code != 0 || !strings.Contains(out.String(), " serves; its log is ") {
		t.Fatal(code, out.String(), errs.String())
	}
	log := filepath.Join(os.Getenv("LOG_DIR"), serverLog)
	if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), startedLine) {
		t.Error(string(text), err)
	}
	out.Reset()
	if code := Run("gregor", []string{"status"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "node 5 (broker,controller)") || !strings.Contains(out.String(), data) {
		t.Error(code, out.String(), errs.String())
	}
	console := filepath.Join(os.Getenv("LOG_DIR"), consoleOut)
	before := readFiles(t, log, console)
	if code := Run("kafka-server-start.sh", []string{"-daemon", file}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "failed to acquire lock") {
		t.Error("a second one on the same data:", code, errs.String())
	}
	bound := regexp.MustCompile(` bound=(\S+)`).FindStringSubmatch(before)
	if bound == nil {
		t.Fatal(before)
	}
	other := configFile(t, "log.dirs=%s\nlisteners=PLAINTEXT://%s", t.TempDir()+"/new", bound[1])
	errs.Reset()
	if code := Run("gregor", []string{"-daemon", other}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "the address is already in use") {
		t.Error("a second one on the same address:", code, errs.String())
	}
	admin := configFile(t, "log.dirs=%s\n%s\nadmin.listener=%s", t.TempDir()+"/new", anyPort, bound[1])
	errs.Reset()
	if code := Run("gregor", []string{"-daemon", admin}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "admin.listener: ") {
		t.Error("a second one whose admin.listener is the same address:", code, errs.String())
	}
	if after := readFiles(t, log, console); after != before {
		t.Errorf("the second start wrote into the log of the first:\n%s", after)
	}
	errs.Reset()
	if code := Stop("kafka-server-stop", []string{"--node-id=6"}, &out, &errs); code != exitFailed || !strings.HasPrefix(errs.String(), "No kafka server to stop; these brokers run:\n  node 5 ") {
		t.Error(code, errs.String())
	}
	out.Reset()
	if code := Stop("kafka-server-stop", []string{"--process-role", "controller"}, &out, &errs); code != 0 || !strings.HasPrefix(out.String(), "stopped node 5, process ") {
		t.Error(code, out.String(), errs.String())
	}
	if _, err := os.Stat(filepath.Join(data, ".kafka_cleanshutdown")); err != nil {
		t.Error("not a clean stop:", err)
	}
	out.Reset()
	if code := Run("gregor", []string{"status"}, &out, &errs); code != notRunning {
		t.Error(code, out.String())
	}
	left, err := os.ReadDir(runDir())
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// A start that fails reports to its caller, whatever it has logged before. The log of another
// broker with the same LOG_DIR gets no line.
func TestFailedDaemonLeavesTheLogOfAnotherAlone(t *testing.T) {
	isolated(t)
	data := t.TempDir()
	file := configFile(t, "broker.id=5\nlog.dirs=%s\n%s", data, anyPort)
	var out, errs bytes.Buffer
	if code := Run("gregor", []string{"-daemon", file}, &out, &errs); code != 0 {
		t.Fatal(code, out.String(), errs.String())
	}
	defer Stop("gregor server stop", nil, &out, &errs)
	log, console := filepath.Join(os.Getenv("LOG_DIR"), serverLog), filepath.Join(os.Getenv("LOG_DIR"), consoleOut)
	before := readFiles(t, log, console)
	bound := regexp.MustCompile(` bound=(\S+)`).FindStringSubmatch(before)
	if bound == nil {
		t.Fatal(before)
	}
	// The directory of a broker that was stopped, with another node id, and with a damaged log.
	stopped := t.TempDir()
	startServer(t, configFile(t, "broker.id=7\nlog.dirs=%s\n%s", stopped, anyPort)).stop()
	damaged := t.TempDir()
	startServer(t, configFile(t, "broker.id=7\nlog.dirs=%s\n%s", damaged, anyPort)).stop()
	metadata := filepath.Join(damaged, "__cluster_metadata-0", "00000000000000000000.log")
	text, err := os.ReadFile(metadata)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(metadata, text, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, want string }{
		"locked":       {file, "failed to acquire lock"},
		"port in use":  {configFile(t, "log.dirs=%s\nlisteners=PLAINTEXT://%s", t.TempDir()+"/new", bound[1]), "the address is already in use"},
		"unformatted":  {configFile(t, "log.dirs=%s\nlisteners=PLAINTEXT://127.0.0.1:0", t.TempDir()), "format"},
		"configured":   {configFile(t, "log.dirs=%s\nnum.io.threads=many", t.TempDir()), "num.io.threads"},
		"other node":   {configFile(t, "broker.id=8\nlog.dirs=%s\n%s", stopped, anyPort), "7"},
		"damaged":      {configFile(t, "broker.id=7\nlog.dirs=%s\n%s", damaged, anyPort), "the metadata log is damaged"},
		"missing file": {filepath.Join(t.TempDir(), "server.properties"), "there is no configuration file"},
	} {
		errs.Reset()
		code := Run("gregor", []string{"-daemon", c.file}, &out, &errs)
		if code == 0 || !strings.Contains(errs.String(), c.want) || !strings.HasPrefix(errs.String(), "gregor: ") {
			t.Errorf("%s: exit code %d, %q", name, code, errs.String())
		}
		if after := readFiles(t, log, console); after != before {
			t.Errorf("%s: the failed start wrote into the log of the other broker:\n%s", name, strings.TrimPrefix(after, before))
			before = after
		}
	}
	// A start that succeeds writes its lines there.
	if code := Run("gregor", []string{"-daemon", configFile(t, "broker.id=7\nlog.dirs=%s\n%s", stopped, anyPort)}, &out, &errs); code != 0 {
		t.Fatal(code, errs.String())
	}
	if text := readFiles(t, log); strings.Count(text, startedLine) != 2 {
		t.Error(text)
	}
	if code := Stop("gregor server stop", []string{"--node-id=7"}, &out, &errs); code != 0 {
		t.Error(errs.String())
	}
}

func readFiles(t *testing.T, paths ...string) (all string) {
	t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}

// child runs the test binary as a server in a process of its own, until it serves.
func child(t *testing.T) (*exec.Cmd, *output) {
	t.Helper()
	out := &output{started: make(chan struct{})}
	cmd := exec.Command(os.Args[0], "server", configFile(t, "log.dirs=%s\n%s", t.TempDir(), anyPort))
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-out.started
	return cmd, out
}

// The test sends each signal twice: one Ctrl-C often comes from the terminal and from a program in
// between, and scripts repeat SIGTERM.
func TestSignalsStopCleanly(t *testing.T) {
	isolated(t)
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd, out := child(t)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Process.Signal(sig)
		if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "shut down completed") {
			t.Errorf("%v: %v\n%s", sig, err, out)
		}
	}
}

// A plain stop must not stop other brokers of the machine.
func TestStopOfSeveralNeedsASelection(t *testing.T) {
	isolated(t)
	a, _ := child(t)
	b, _ := child(t)
	awaitRunning(t, 2)
	var out, errs bytes.Buffer
	if code := Run("gregor", []string{"stop"}, &out, &errs); code != exitFailed || strings.Count(errs.String(), "\n  node 1 ") != 2 {
		t.Fatal(code, out.String(), errs.String())
	}
	if code := Run("gregor", []string{"stop", fmt.Sprintf("--pid=%d", a.Process.Pid)}, &out, &errs); code != 0 || a.Wait() != nil {
		t.Fatal(code, out.String(), errs.String())
	}
	awaitRunning(t, 1)
	if code := Run("gregor", []string{"stop"}, &out, &errs); code != 0 || b.Wait() != nil {
		t.Fatal(code, out.String(), errs.String())
	}
}

// awaitRunning waits until n servers are registered. A server registers shortly after it starts to
// serve.
func awaitRunning(t *testing.T, n int) []*running {
	t.Helper()
	for {
		all, err := listRunning(runDir())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == n {
			return all
		}
	}
}

// A dead process leaves its file behind. Another process with the same id is not mistaken for it.
func TestDeadProcessIsForgotten(t *testing.T) {
	isolated(t)
	cmd, _ := child(t)
	if all := awaitRunning(t, 1); all[0].PID != cmd.Process.Pid {
		t.Fatal(all[0])
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if all, err := listRunning(runDir()); err != nil || len(all) > 0 {
		t.Error(all, err)
	}
	left, err := os.ReadDir(runDir())
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"--frob":                "unknown option --frob",
		"a b":                   "one configuration file is enough: a and b",
		"--override":            "--override needs key=value",
		"a --override x=1 -foo": "unknown option -foo",
	} {
		var out, errs bytes.Buffer
		p := process{program: "gregor", stdout: &out, stderr: &errs}
		if code := p.run(t.Context(), strings.Fields(line)); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: %d %s", line, code, errs.String())
		}
	}
	var out, errs bytes.Buffer
	p := process{program: "/opt/kafka/bin/kafka-server-start.sh", stdout: &out, stderr: &errs}
	if code := p.run(t.Context(), nil); code != exitFailed || !strings.Contains(errs.String(), "a configuration file is needed") {
		t.Error(code, errs.String())
	}
	p = process{program: "gregor", stdout: &out, stderr: &errs}
	if code := p.run(t.Context(), []string{"--help"}); code != 0 || !strings.Contains(out.String(), "GREGOR_LOG_LEVEL") {
		t.Error(code, out.String())
	}
	a, err := parse([]string{"-daemon", "f", "--override", "a=b", "--override=c=d"})
	if got := strings.Join(a.again(), " "); err != nil || !a.daemon || got != "server f --override a=b --override c=d" {
		t.Error(got, err)
	}
}

// The logs are beside the folder of the script, as with Kafka: ${KAFKA_HOME}/logs.
func TestLogDir(t *testing.T) {
	home := t.TempDir()
	script := filepath.Join(home, "bin", "kafka-server-start.sh")
	if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(script))
	for _, program := range []string{script, "kafka-server-start.sh"} {
		p := process{program: program}
		if dir, err := p.logDir(); err != nil || dir != filepath.Join(home, "logs") {
			t.Error(program, dir, err)
		}
	}
	p := process{program: script, env: []string{"LOG_DIR=" + filepath.Join(home, "x")}}
	if dir, err := p.logDir(); err != nil || dir != filepath.Join(home, "x") {
		t.Error(dir, err)
	}
}

func TestUnwritableLogDirIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p := process{program: "gregor", env: []string{"LOG_DIR=" + filepath.Join(file, "logs")}}
	if _, err := p.logDir(); err == nil || !strings.Contains(err.Error(), "set LOG_DIR to a folder") {
		t.Error(err)
	}
}

// TestRecordIsWrittenLater checks that a record which could not be written at the start is written
// once that is possible.
func TestRecordIsWrittenLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file stands in the way
		t.Fatal(err)
	}
	r := &running{PID: os.Getpid(), NodeID: 3}
	if err := r.write(dir); err == nil {
		t.Fatal("a record in a folder that is a file")
	}
	defer r.remove()
	r.heal(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	r.heal(dir)
	if all, err := listRunning(dir); err != nil || len(all) != 1 || all[0].NodeID != 3 {
		t.Error(all, err)
	}
}

// TestFailedRecordIsReported checks the line of the log about a record that cannot be written.
func TestFailedRecordIsReported(t *testing.T) {
	inTheWay := filepath.Join(t.TempDir(), "run")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, code, ok := tryRecorded(t, inTheWay, nil, "--override", "log.dirs="+filepath.Join(t.TempDir(), "data"), "--override", "listeners=PLAINTEXT://127.0.0.1:0")
	if !ok {
		t.Fatalf("exit code %d:\n%s", code, s.out)
	}
	s.stop()
	if n := strings.Count(s.out.String(), "WARN the record of this process cannot be written"); n != 1 {
		t.Errorf("%d lines:\n%s", n, s.out)
	}
}

// The process writes the record again after a program has cleaned the system's temporary folder.
func TestRecordIsWrittenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := &running{PID: os.Getpid(), NodeID: 3}
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	defer r.remove()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r.heal(dir)
	all, err := listRunning(dir)
	if err != nil || len(all) != 1 || all[0].NodeID != 3 {
		t.Error(all, err)
	}
}
