package server

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// await waits until the output of a process has a text.
func await(t *testing.T, out *output, text string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(out.String(), text) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", text, out)
		}
	}
}

// needSIGHUP skips a test that sends SIGHUP when the tests were started with the signal ignored, as
// by nohup: a broker that they start ignores it, too.
func needSIGHUP(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored, as under nohup")
	}
}

// SIGQUIT and SIGHUP do not stop the broker.
func TestSignalsThatDoNotStop(t *testing.T) {
	needSIGHUP(t)
	isolated(t)
	cmd, out := child(t)
	for _, step := range []struct {
		sig  os.Signal
		line string
	}{
		{syscall.SIGQUIT, "SIGQUIT: full goroutine dump"}, {syscall.SIGHUP, "SIGHUP: the log goes to standard output"},
		{syscall.SIGTERM, "shut down completed"},
	} {
		if err := cmd.Process.Signal(step.sig); err != nil {
			t.Fatal(err)
		}
		await(t, out, step.line)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "\ngoroutine 1 [") {
		t.Errorf("no stacks in\n%s", out)
	}
}

func TestHangupOpensTheLogFileAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server.log")
	p := process{stdout: &bytes.Buffer{}, env: []string{envLogFile + "=" + path}}
	logs, file, err := p.openLogs()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	handleSignal(syscall.SIGHUP, logs, file)
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "the log file was opened again") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestRotationFromTheEnvironment(t *testing.T) {
	for env, want := range map[string]telemetry.Rotation{
		"":                       rotation,
		envLogMaxSize + "=2GB":   {MaxBytes: 2 << 30, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxSize + "=100M":  {MaxBytes: 100 << 20, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxSize + "=1 g":   {MaxBytes: 1 << 30, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxSize + "=7k":    {MaxBytes: 7 << 10, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxSize + "=10 kb": {MaxBytes: 10 << 10, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxAge + "=0":      {MaxBytes: rotation.MaxBytes, MaxFiles: rotation.MaxFiles},
		envLogMaxFiles + "=3":    {MaxBytes: rotation.MaxBytes, MaxAge: rotation.MaxAge, MaxFiles: 3},
		envLogMaxSize + "=0":     {MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxAge + "=36h":    {MaxBytes: rotation.MaxBytes, MaxAge: 36 * time.Hour, MaxFiles: rotation.MaxFiles},
		envLogMaxSize + "=123":   {MaxBytes: 123, MaxAge: rotation.MaxAge, MaxFiles: rotation.MaxFiles},
		envLogMaxFiles + "=0":    {MaxBytes: rotation.MaxBytes, MaxAge: rotation.MaxAge},
		"OTHER=1":                rotation,
		envLogMaxAge + "=90m":    {MaxBytes: rotation.MaxBytes, MaxAge: 90 * time.Minute, MaxFiles: rotation.MaxFiles},
	} {
		if got, err := (&process{env: []string{env}}).rotation(); err != nil || got != want {
			t.Errorf("%s: %+v, %v", env, got, err)
		}
	}
	for _, env := range []string{envLogMaxSize + "=big", envLogMaxSize + "=5B", envLogMaxSize + "=M", envLogMaxSize + "=1KM", envLogMaxSize + "=-1", envLogMaxAge + "=1 day", envLogMaxFiles + "=-2"} {
		if _, err := (&process{env: []string{env}}).rotation(); err == nil || !strings.Contains(err.Error(), strings.SplitN(env, "=", 2)[0]) {
			t.Errorf("%s: %v", env, err)
		}
	}
}

// A typing error in the variables of the log is reported in every start, also without a log file.
func TestLogVariablesAreChecked(t *testing.T) {
	for _, env := range []string{envLogMaxSize + "=big", envLogMaxAge + "=1 day", envLogMaxFiles + "=-2"} {
		p := process{stdout: &bytes.Buffer{}, env: []string{env}}
		if _, _, err := p.openLogs(); err == nil || !strings.Contains(err.Error(), strings.SplitN(env, "=", 2)[0]) {
			t.Errorf("%s: %v", env, err)
		}
	}
	var out bytes.Buffer
	p := process{stdout: &out, env: []string{"GREGOR_LOG_MAXSIZE=5", "GREGOR_LOG_LEVEL=INFO", "GREGOR_BOOTSTRAP=x:1"}}
	if _, _, err := p.openLogs(); err != nil {
		t.Fatal(err)
	}
	want := "GREGOR_LOG_MAXSIZE is unknown and has no effect; did you mean GREGOR_LOG_MAX_SIZE?"
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), want) {
		t.Errorf("the log holds %q", out.String())
	}
}

// The report of a SIGHUP that cannot open the file is in the old file.
func TestAHangupThatFailsIsInTheOldFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	p := process{stdout: &bytes.Buffer{}, env: []string{envLogFile + "=" + filepath.Join(dir, "server.log")}}
	logs, file, err := p.openLogs()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	handleSignal(syscall.SIGHUP, logs, file)
	if text, err := os.ReadFile(filepath.Join(dir+".moved", "server.log")); err != nil || !strings.Contains(string(text), "cannot open the log file again") {
		t.Errorf("%q, %v", text, err)
	}
}

// Ctrl-C of "gregor server FILE | tee log" ends the reader first. The broker still stops in good
// order.
func TestStopAfterTheReaderOfTheOutputIsGone(t *testing.T) {
	isolated(t)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "server", configFile(t, "log.dirs=%s\n%s", dir, anyPort))
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() && !strings.Contains(lines.Text(), startedLine) {
	}
	_ = pipe.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".kafka_cleanshutdown")); err != nil {
		t.Error(err)
	}
}
