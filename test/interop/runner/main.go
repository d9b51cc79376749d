// Program runner drives every client library through one scenario against one broker and records
// the outcome of each step. test/interop/run.sh fetches the clients and starts the runner. A small
// program in the client's language drives each client, and only the runner judges.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gregorhq/gregor/test/interop/result"
)

func main() {
	address := flag.String("bootstrap", "127.0.0.1:9092", "the broker")
	against := flag.String("against", "", "what the broker is, for the results")
	drivers := flag.String("drivers", "", "file with one client a line: name, tab, command")
	out := flag.String("out", "", "file the results are merged into")
	logs := flag.String("logs", os.TempDir(), "folder for the clients' own output")
	only := flag.String("steps", "", "steps to run, comma separated (default all)")
	flag.Parse()
	run, err := result.Load(*out)
	if err == nil {
		err = runAll(&run, *address, *against, *drivers, *logs, *only)
	}
	if err == nil && *out != "" {
		err = run.Store(*out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
	fmt.Printf("\n%d passed, %d failed\n", ran.Count(result.Passed), ran.Count(result.Failed))
	if ran.Count(result.Failed) > 0 || len(ran.Clients) == 0 {
		os.Exit(1)
	}
}

// ran is this run alone, without the earlier content of the results file.
var ran result.Run

func runAll(run *result.Run, address, against, drivers, logs, only string) error {
	list, err := os.ReadFile(drivers)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		name, command, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		log, err := logFile(logs, name)
		if err != nil {
			return err
		}
		s := &scenario{
			name: name, command: append(strings.Fields(command), address), log: log,
			prefix: fmt.Sprintf("interop-%s-%d", strings.NewReplacer(" ", "", ".", "").Replace(name), time.Now().Unix()%1e6),
		}
		if only != "" {
			s.only = strings.Split(only, ",")
		}
		fmt.Printf("== %s\n", name)
		c := s.run()
		log.Close()
		ran.Merge(result.Run{Against: against, Clients: []result.Client{c}})
	}
	run.Merge(ran)
	print1(ran, filepath.Clean(logs))
	return nil
}

// print1 prints the run as a table for the terminal: a dot for passed, F for failed, a dash for
// lacking.
func print1(run result.Run, logs string) {
	fmt.Printf("\nagainst %s (. passed, F failed, - the client has no such thing; output in %s)\n", run.Against, logs)
	for _, c := range run.Clients {
		fmt.Printf("%-28s", c.Name+" "+c.Version)
		for _, h := range result.Steps {
			mark := map[string]string{result.Passed: ".", result.Failed: "F", result.Lacking: "-"}
			s, ok := c.Step(h.Name)
			if !ok {
				fmt.Print("   ")
				continue
			}
			fmt.Printf(" %s ", mark[s.Outcome])
		}
		fmt.Println()
	}
}
