package storagetool_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const bootstrap = "controller.quorum.bootstrap.servers=localhost:9093\n"

// formatConfigs are the configurations of testdata/kafka-format.txt, without log.dirs.
var formatConfigs = map[string]string{
	"ctl":          "process.roles=controller\nlisteners=CONTROLLER://localhost:9093\n" + bootstrap,
	"both":         "process.roles=broker,controller\nlisteners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n" + bootstrap,
	"broker":       "process.roles=broker\nlisteners=PLAINTEXT://localhost:9092\n" + bootstrap,
	"brokervoters": "process.roles=broker\nlisteners=PLAINTEXT://localhost:9092\ncontroller.quorum.voters=2@localhost:9093\n",
	"voters":       "process.roles=controller\nlisteners=CONTROLLER://localhost:9093\ncontroller.quorum.voters=1@a:9093,2@b:9093\n",
	"votersboth":   "process.roles=controller\nlisteners=CONTROLLER://localhost:9093\ncontroller.quorum.voters=1@a:9093,2@b:9093\n" + bootstrap,
	"ctladv":       "process.roles=controller\nlisteners=CONTROLLER://:9093\nadvertised.listeners=CONTROLLER://ctl.example:19093\n" + bootstrap,
	"ctlwild":      "process.roles=controller\nlisteners=CONTROLLER://:9093\n" + bootstrap,
	"ctl2": "process.roles=controller\nlisteners=CONTROLLER://localhost:9093,C2://localhost:9094\n" +
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,C2:PLAINTEXT\n" + bootstrap,
	"join": "process.roles=controller\nlisteners=CONTROLLER://localhost:9093\ncontroller.quorum.auto.join.enable=true\n" + bootstrap,
	"meta": "process.roles=broker,controller\nlisteners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\nmetadata.log.dir=$D/m\n" + bootstrap,
}

// formatFile writes a configuration into a directory.
func formatFile(t *testing.T, dir, name string) (file string) {
	t.Helper()
	names := "CONTROLLER"
	if name == "ctl2" {
		names = "CONTROLLER,C2"
	}
	text := strings.ReplaceAll(formatConfigs[name]+"node.id=1\ncontroller.listener.names="+names+"\nlog.dirs=$D/a,$D/b\n", "$D", dir)
	file = filepath.Join(dir, "server.properties")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func filesIn(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != "server.properties" {
			out = append(out, "."+strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Format prints, refuses and writes what kafka-storage of Apache Kafka 4.4.0 does.
func TestFormatAsKafka(t *testing.T) {
	text, err := os.ReadFile("testdata/kafka-format.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "\n$ ")[1:]
	for _, block := range blocks {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		head := lines[0]
		name, options, _ := strings.Cut(head, " ")
		args := strings.Fields(options)
		if value, ok := strings.CutPrefix(options, "-I "); ok && !strings.Contains(value, " -") {
			args = []string{"-I", value}
		} else if options == "-I" {
			args = []string{"-I", ""}
		}
		dir := t.TempDir()
		code, out, errs := run(append([]string{"format", "-c", formatFile(t, dir, name), "-t", cluster}, args...)...)
		var got, want []string
		for _, l := range strings.Split(out, "\n") {
			if strings.HasPrefix(l, "Formatting") {
				got = append(got, strings.ReplaceAll(l, dir, "$D"))
			}
		}
		files, result := "", ""
		for _, l := range lines[1:] {
			switch {
			case strings.HasPrefix(l, "Formatting"):
				want = append(want, l)
			case strings.HasPrefix(l, "="):
				files = strings.TrimSpace(l[1:])
			default:
				result = l
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", head, got, want)
		}
		if have := filesIn(t, dir); have != files {
			t.Errorf("%s: wrote\n%s, want\n%s", head, have, files)
		}
		if strings.HasPrefix(errs, "WARN ") { // a key without effect
			_, errs, _ = strings.Cut(errs, "\n")
		}
		_, message, thrown := strings.Cut(result, ": ")
		switch {
		case thrown && (code != 1 || strings.TrimSpace(errs) != message):
			t.Errorf("%s: code %d, %q, want %q", head, code, errs, message)
		case !thrown && (code == 0) != (result == "rc 0"):
			t.Errorf("%s: code %d, %q, Apache Kafka has %s", head, code, errs, result)
		}
	}
	if len(blocks) < 60 {
		t.Errorf("%d blocks", len(blocks))
	}
}
