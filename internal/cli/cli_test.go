package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli"
)

func call(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	code = cli.Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestDispatch(t *testing.T) {
	for _, c := range []struct {
		args      string
		code      int
		out, errs string // begin with
	}{
		{"gregor help", 0, "gregor is Apache Kafka in one binary", ""},
		{"gregor --help", 0, "gregor is Apache Kafka in one binary", ""},
		{"gregor version", 0, "gregor ", ""},
		{"gregor licences", 0, "gregor is licensed under the Apache License, Version 2.0", ""},
		{"gregor bogus", 2, "", "gregor: unknown command bogus"},
		{"gregor tpics", 2, "", "gregor: unknown command tpics; did you mean topics?"},
		{"gregor topics", 0, "Usage: gregor topics VERB [option ...]\n\n  gregor topics list [REGEX]      List the topics.\n", ""},
		{"gregor topics crate", 2, "", "gregor: unknown verb crate of topics; did you mean create?"},
		{"gregor topics list --help", 0, "List the topics.\n\nUsage: gregor topics list [REGEX] [option ...]\n\nExamples:\n  gregor topics list\n", ""},
		{"gregor topics create a b", 2, "", "b is one argument too many\nUsage: gregor topics create TOPIC [option ...]\n"},
		{"gregor topics create --topic a b", 2, "", "b is one argument too many\n"},
		{"gregor topics create a --partitons 3", 2, "", "unknown option --partitons; did you mean --partitions?\nUsage: "},
		{"gregor topics create a -partitons 3", 2, "", "unknown option --partitons; did you mean --partitions?\nUsage: "},
		{"kafka-topics --create --topic a --partitons 3", 1, "", "partitons is not a recognized option\n"},
		{"gregor produce", 2, "", "TOPIC is missing\nUsage: gregor produce TOPIC [option ...]\n'gregor produce --help' shows options and examples.\n"},
		{"gregor groups describe", 2, "", "GROUP or --all-groups is missing\n"},
		{"gregor delete-records x", 2, "", "x is not TOPIC:PARTITION:OFFSET\n"},
		{"gregor server stopp", 2, "", "gregor: unknown verb stopp of server, and there is no file of this name; did you mean stop?\n"},
		{"gregor server start", 2, "", "gregor: unknown verb start of server; 'gregor server FILE' starts a broker\n"},
		{"gregor server missing.properties", 1, "", "gregor: there is no configuration file missing.properties\n"},
		{"gregor start", 2, "", "gregor: unknown command start; did you mean server?\n"},
		{"gregor kafka-acls.sh --list", 2, "", "gregor: kafka-acls is not among gregor's tools yet; "},
		{"gregor server status --help", 0, "gregor server status [", ""},
		{"gregor shims install --help", 0, "gregor shims install DIR", ""},
		{"gregor shims install --force", 2, "", "gregor shims install DIR"},
		{"gregor help topics", 0, "Usage: gregor topics VERB", ""},
		{"gregor help topics create", 0, "Create a topic.\n", ""},
		{"gregor topics list --partitions 3", 2, "", "gregor topics list takes no --partitions\n"},
		{"gregor topics --list", 2, "", "gregor: unknown verb --list of topics; did you mean list?\n"},
		{"gregor get-offsets --help", 0, "Show the end of each partition", ""},
		{"gregor log-dirs describe --help", 0, "Show the size of each replica", ""},
		{"gregor cluster unregister", 2, "", "BROKER is missing\n"},
		{"gregor cluster unregister x", 2, "", "BROKER x: it must be a whole number\n"},
		{"gregor perf", 0, "Usage: gregor perf VERB", ""},
		{"gregor kafka-topics", 1, "", "Create, delete, describe, or change a topic.\nOption "},
		{"gregor kafka-topics.sh --help", 1, "", "This tool helps to create, delete, describe, or change a topic.\nOption "},
		{"kafka-topics --list --bootstrap-server x", 1, "", "Failed to create new KafkaAdminClient: Invalid url in bootstrap.servers: x\n"},
		{"kafka-topics --list", 1, "", "--bootstrap-server must be specified\n"},
		{"/opt/kafka/bin/kafka-topics.sh --list --create", 1, "", "Command must include exactly one action"},
		{"kafka-topics.sh --version", 0, "4.4.0 (gregor ", ""},
		{"kafka-dump-log.sh --version", 0, "4.4.0 (gregor ", ""},
		{"gregor topics list --version", 0, "gregor ", ""},
		{"gregor dump-log --version", 0, "gregor ", ""},
		{"kafka-console-producer", 1, "", "This tool helps to read data from standard input and publish it to Kafka.\nOption "},
		{"kafka-console-consumer --bootstrap-server a:1 --topic pet --offset earliest", 1, "", "The partition is required when offset is specified.\nOption "},
		{"gregor storage random-uuid x", 2, "", "x is one argument too many\nUsage: gregor storage random-uuid [option ...]\n"},
		{"gregor shims", 2, "", "gregor shims install DIR"},
	} {
		code, out, errs := call(strings.Fields(c.args)...)
		if code != c.code || !strings.HasPrefix(out, c.out) || !strings.HasPrefix(errs, c.errs) || c.errs == "" && errs != "" {
			t.Errorf("%s: %d\n%.200s\n%.200s", c.args, code, out, errs)
		}
	}
}

func TestShims(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bin")
	for range 2 { // a second time replaces the links
		if code, _, errs := call("gregor", "shims", "install", dir); code != 0 {
			t.Fatal(errs)
		}
	}
	for _, name := range []string{"kafka-topics.sh", "kafka-console-producer.sh", "kafka-server-start.sh", "kafka-dump-log.sh"} {
		if to, err := os.Readlink(filepath.Join(dir, name)); err != nil || to == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	taken := filepath.Join(dir, "kafka-topics.sh")
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(taken, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := call("gregor", "shims", "install", dir); code != 1 || !strings.Contains(errs, "is no link") {
		t.Errorf("a file that is no link was replaced: %d %s", code, errs)
	}
}
