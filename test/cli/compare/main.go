// Command compare runs calls of Kafka's command-line tools twice, with Apache Kafka's own tools and
// with gregor's, and compares the output and the exit codes. See ../README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type side struct {
	name   string
	prefix string // of topics and groups, the same length on both sides
	dir    string
	server string
}

type result struct {
	Out  string `json:"out"`
	Err  string `json:"err"`
	Code int    `json:"code"`
}

func main() {
	tools := flag.String("tools", "", "folder with the jars of Apache Kafka's tools")
	batch := flag.String("batch", "test/cli/Batch.java", "the Java side")
	log4j := flag.String("log4j", "", "log4j2 configuration of the Java side")
	gregor := flag.String("gregor", "bin/gregor", "the gregor binary")
	server := flag.String("server", "127.0.0.1:9092", "the broker that both sides talk to")
	second := flag.String("gregor-server", "", "another broker for gregor's tools; empty means the same")
	verbose := flag.Bool("v", false, "print every call")
	flag.Parse()
	if err := run(*tools, *batch, *log4j, *gregor, *server, *second, *verbose, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(tools, batch, log4j, gregor, server, second string, verbose bool, files []string) error {
	cases, err := readCases(files)
	if err != nil {
		return err
	}
	if second == "" {
		second = server
	}
	stamp := fmt.Sprintf("%04x", time.Now().Unix()&0xffff)
	tmp, err := os.MkdirTemp("", "gregor-cli-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	java := side{name: "java", prefix: "k" + stamp, dir: filepath.Join(tmp, "k"), server: server}
	ours := side{name: "gregor", prefix: "g" + stamp, dir: filepath.Join(tmp, "g"), server: second}
	two := second != server
	if two {
		ours.prefix = java.prefix
	}
	began := time.Now()
	want, err := runJava(tools, batch, log4j, java, cases)
	if err != nil {
		return err
	}
	javaTook := time.Since(began)
	began = time.Now()
	got, err := runGregor(gregor, ours, cases)
	if err != nil {
		return err
	}
	fmt.Printf("%d calls; Apache Kafka's tools %.1f s (one process), gregor's %.1f s\n", len(cases), javaTook.Seconds(), time.Since(began).Seconds())
	return report(cases, two, java, ours, want, got, verbose)
}

func report(cases []call, two bool, java, ours side, want, got []result, verbose bool) error {
	same, known, bad := 0, 0, 0
	for i := range cases {
		c := &cases[i]
		if two && c.one {
			continue
		}
		diff := difference(c, java.mask(c, want[i]), ours.mask(c, got[i]))
		switch {
		case diff == "" && (c.expect == "" || c.maybe):
			same++
		case diff == "":
			bad++
			fmt.Printf("SAME NOW   %s: %s\n           remove the reason: %s\n", c.at, c.text, c.expect)
		case c.expect != "":
			known++
			if verbose {
				fmt.Printf("KNOWN      %s: %s\n           %s\n%s", c.at, c.text, c.expect, diff)
			}
		default:
			bad++
			fmt.Printf("DIFFERENT  %s: %s\n%s", c.at, c.text, diff)
		}
		if verbose && diff == "" {
			fmt.Printf("same       %s: %s\n%s", c.at, c.text, indent(want[i].Out+want[i].Err))
		}
	}
	fmt.Printf("%d the same, %d different for a known reason, %d to look at\n", same, known, bad)
	if bad > 0 {
		return fmt.Errorf("%d calls differ", bad)
	}
	return nil
}

func indent(s string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		if i == 8 {
			b.WriteString("           ...\n")
			break
		}
		b.WriteString("           | " + line + "\n")
	}
	return b.String()
}
