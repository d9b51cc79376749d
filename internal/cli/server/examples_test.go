package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The configuration that the examples ship starts without a warning.
func TestExampleConfiguration(t *testing.T) {
	s := startServer(t, "../../../examples/server.properties", "--override", "log.dirs="+t.TempDir(), "--override", "admin.listener=127.0.0.1:0",
		"--override", "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "--override", "advertised.listeners=PLAINTEXT://127.0.0.1:0")
	s.roundTrip("t")
	s.stop()
	if strings.Contains(s.out.String(), "WARN") {
		t.Error(s.out)
	}
}

// The service script: start, status, restart, stop.
func TestServiceScript(t *testing.T) {
	isolated(t)
	t.Setenv("GREGOR", os.Args[0])
	t.Setenv("CONFIG", configFile(t, "broker.id=0\nlog.dirs=%s\n%s", t.TempDir(), anyPort))
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
		{"start", 0, " serves; its log is "},
		{"status", 0, "node 0 (broker,controller)"},
		{"restart", 0, " serves; its log is "},
		{"stop", 0, "stopped node 0"},
		{"status", notRunning, "no broker is running"},
	} {
		cmd := exec.Command("sh", script, step.verb)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != step.code || !strings.Contains(string(out), step.want) {
			t.Errorf("%s: exit code %d\n%s", step.verb, cmd.ProcessState.ExitCode(), out)
		}
	}
	if left, err := listRunning(runDir()); err != nil || len(left) > 0 {
		t.Error(fmt.Sprint(left), err)
	}
}
