package dumptool

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

const zero = "00000000000000000000"

// golden lists calls of Apache Kafka's tool. testdata holds its output. failing lists the calls
// that exit with 1.
var golden = map[string]string{
	"shallow":        "--files LOGS,orders/00000000000000000007.log,orders/00000000000000000023.log",
	"deep":           "--files LOGS --deep-iteration",
	"print":          "--files LOGS,orders/00000000000000000007.log --print-data-log",
	"small":          "--files SMALL",
	"index":          "--files indexed/Z.index,indexed/Z.timeindex,orders/Z.index,orders/Z.timeindex,compacted/Z.timeindex",
	"offsets":        "--offsets-decoder --files OFFSETS",
	"offsets-skip":   "-offsets-decoder --skip-record-metadata --files=OFFSETS",
	"txn":            "--transaction-log-decoder --files txn-18/Z.log,txn-15/Z.log",
	"share":          "--share-group-state-decoder --files share-44/Z.log",
	"metadata":       "--cluster-metadata-decoder --files metadata/Z.log,metadata/Z-0000000000.checkpoint",
	"metadata-skip":  "--cluster-metadata-decoder --skip-record-metadata --files metadata/Z-0000000000.checkpoint",
	"metadata-wrong": "--cluster-metadata-decoder --files idem/Z.log",
	"meta-deep":      "--deep-iteration --files metadata/Z-0000000000.checkpoint",
	"damaged":        "--deep-iteration --files torn/Z.log,torn/Z.index,torn/Z.timeindex",
	"wrong":          "--files wrongindex/Z.index,wrongindex/Z.timeindex",
	"wrong-verify":   "--verify-index-only --files wrongindex/Z.index,wrongindex/Z.timeindex",
	"sanity":         "--index-sanity-check --files indexed/Z.index,indexed/Z.timeindex,orders/Z.index",
	"unknown":        "--files nolog/readme.txt,nolog/00000000000000000007.snapshot",
	"corrupt":        "--files nolog/Z.log",
	"corrupt-deep":   "--deep-iteration --files nolog/Z.log",
	"maxbytes":       "--files indexed/Z.log --max-bytes 300 --deep-iteration",
	"nofiles":        "",
	"help":           "--help",
	"required":       "--deep-iteration",
	"badopt":         "--files x --frobnicate",
	"noarg":          "--files",
	"missing":        "--files nope/Z.log",
	"noindexlog":     "--files nolog/00000000000000000099.index",
	"offsets-wrong":  "--offsets-decoder --files idem/Z.log",
	"longdec":        "--files idem/Z.log --value-decoder-class org.apache.kafka.tools.api.LongDecoder",
	"baddec":         "--files idem/Z.log --value-decoder-class nope.Decoder",
	"snapname":       "--files metadata/bad.checkpoint",
}

var failing = []string{"damaged", "nofiles", "help", "required", "badopt", "noarg", "missing", "noindexlog", "offsets-wrong", "longdec", "baddec", "snapname"}

func glob(t *testing.T, patterns ...string) string {
	t.Helper()
	var out []string
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	slices.Sort(out)
	out = slices.DeleteFunc(out, func(f string) bool {
		dir := filepath.Dir(f)
		return dir == "metadata" || dir == "torn" || dir == "wrongindex" || dir == "nolog"
	})
	return strings.Join(out, ",")
}

// TestGolden compares the output with that of Apache Kafka's tool on files of Apache Kafka, byte
// for byte. Where Kafka's tool prints a stack trace, only the exit code and the presence of a
// message are compared.
func TestGolden(t *testing.T) {
	t.Chdir("../../dumplog/testdata")
	words := strings.NewReplacer("LOGS", glob(t, "*/"+zero+".log"), "SMALL", glob(t, "*/*.snapshot", "*/*.txnindex"),
		"OFFSETS", glob(t, "offsets-*/"+zero+".log"), "Z", zero)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range golden {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			status := run(&tool.Env{Args: strings.Fields(words.Replace(args)), Stdout: &out, Stderr: &errs})
			if fails := slices.Contains(failing, name); fails != (status != 0) {
				t.Fatalf("status %d, %s", status, errs.String())
			}
			compare(t, "golden-"+name+".txt", out.String(), here)
			want, err := os.ReadFile("golden-" + name + ".err")
			if err != nil {
				t.Fatal(err)
			}
			if first, _, _ := strings.Cut(string(want), "\n"); strings.HasPrefix(first, "Exception") || strings.Contains(string(want), "Exception in thread") {
				if errs.Len() == 0 {
					t.Fatal("nothing on standard error")
				}
				return
			}
			if i := strings.Index(string(want), "Option  "); i >= 0 { // gregor describes options in its own words
				compareText(t, name, optionNames(errs.String()), optionNames(string(want)))
				return
			}
			compare(t, "golden-"+name+".err", errs.String(), here)
		})
	}
}

// optionNames takes the descriptions out of a usage.
func optionNames(text string) string {
	var names []string
	for line := range strings.Lines(text) {
		if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "--") {
			names = append(names, name)
		}
	}
	return strings.Join(names, "\n")
}

func compare(t *testing.T, file, got, here string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.ReplaceAll(got, here, "DIR"), string(data)
	if strings.HasSuffix(file, ".err") {
		got, want = byFile(got), byFile(want)
	}
	compareText(t, file, got, want)
}

func compareText(t *testing.T, file, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		line := func(l []string) string {
			if i < len(l) {
				return l[i]
			}
			return "(end)"
		}
		if line(a) != line(b) {
			t.Fatalf("%s line %d:\n%s\nwant\n%s", file, i+1, line(a), line(b))
		}
	}
	t.Fatalf("%s differs in line ends", file)
}

// byFile sorts the paragraphs of the errors, one per file: Kafka's tool prints them in the order of
// a hash map.
func byFile(text string) string {
	var paragraphs []string
	for line := range strings.Lines(text) {
		if n := len(paragraphs); n > 0 && strings.HasPrefix(line, " ") {
			paragraphs[n-1] += line
			continue
		}
		paragraphs = append(paragraphs, line)
	}
	slices.Sort(paragraphs)
	return strings.Join(paragraphs, "")
}
