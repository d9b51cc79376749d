package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The example configuration starts without a warning.
func TestExampleConfiguration(t *testing.T) {
	s := startServer(t, "../../../examples/server.properties", "--override", "log.dirs="+filepath.Join(t.TempDir(), "data"), "--override", "admin.listener=127.0.0.1:0",
		"--override", "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "--override", "advertised.listeners=PLAINTEXT://127.0.0.1:0")
	s.roundTrip("t")
	s.stop()
	if strings.Contains(s.out.String(), "WARN") {
		t.Error(s.out)
	}
}

// open makes a folder that every user may use.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gregor-test-")
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// The service script: start, status, restart, stop. As root it runs the broker as another user.
func TestServiceScript(t *testing.T) {
	needSIGHUP(t)
	t.Setenv("TMPDIR", open(t))
	t.Setenv("LOG_DIR", open(t))
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := open(t)
	program, config := filepath.Join(dir, "gregor"), filepath.Join(dir, "server.properties")
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, "broker.id=0\nlog.dirs=%s\n%s", filepath.Join(open(t), "data"), anyPort), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GREGOR", program)
	t.Setenv("CONFIG", config)
	runAs := "nobody"
	t.Setenv("RUN_AS", "root")
	script, err := filepath.Abs("../../../examples/systemd/kafka.init")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		verb string
		code int
		want string
	}{
		{"status", notRunning, "no broker is running"},
		{"stop", 0, "no broker is running"},
		{"reload", 7, "no broker is running"},
		{"start", 0, " serves; its log is "},
		{"start", 0, "the broker is running"},
		{"reload", 0, ""},
		{"status", 0, "node 0 (broker,controller)"},
		{"restart", 0, " serves; its log is "},
		{"stop", 0, "stopped node 0"},
		{"status", notRunning, "no broker is running"},
	} {
		if os.Getuid() == 0 {
			refused, err := exec.Command("sh", script, step.verb).CombinedOutput()
			if err == nil || !strings.Contains(string(refused), "set RUN_AS to an existing user other than root") {
				t.Errorf("%s as root: %v\n%s", step.verb, err, refused)
			}
		}
		cmd := exec.Command("sh", script, step.verb)
		cmd.Env = append(os.Environ(), "RUN_AS="+runAs)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != step.code || !strings.Contains(string(out), step.want) {
			t.Errorf("%s: exit code %d\n%s", step.verb, cmd.ProcessState.ExitCode(), out)
		}
	}
	await := time.Now().Add(time.Minute)
	for log := ""; !strings.Contains(log, "the log file was opened again"); {
		text, err := os.ReadFile(filepath.Join(os.Getenv("LOG_DIR"), serverLog))
		if log = string(text); err != nil || time.Now().After(await) {
			t.Fatalf("no line of the reload in %q, %v", log, err)
		}
	}
	if left, err := listRunning(runDir()); err != nil || len(left) > 0 {
		t.Error(fmt.Sprint(left), err)
	}
}
