// Package cli is the gregor binary: the broker under `gregor server`, and the tools, each in
// gregor's own form `gregor NOUN VERB` and under Kafka's name (`gregor kafka-topics ...`, or a link
// of that name, with or without .sh).
//
// There is a folder per tool and a file per verb. The tools use only the wire protocol, so they
// work with any Kafka cluster.
package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/server"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// exitUsage is the exit code for an unknown command; Kafka's tools exit with 1.
const exitUsage = 2

// Main runs the program and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Run(&tool.Env{Stdin: stdin, Stdout: stdout, Stderr: stderr, Getenv: os.Getenv}, args)
}

// Run is Main with an environment of its own, so that tests can run many calls at once in one
// process.
func Run(env *tool.Env, args []string) int {
	env.Version = server.Version()
	var rest []string
	if len(args) > 0 {
		env.Name, rest = base(args[0]), args[1:]
	}
	if t := byKafkaName(env.Name); t != nil {
		env.Args = rest
		return t.Run(env)
	}
	if code, ok := serverScript(env.Name, args, env.Stdout, env.Stderr); ok {
		return code
	}
	return gregor(env, rest)
}

// serverScript runs Kafka's scripts of the server; args[0] is the name it was called by.
func serverScript(name string, args []string, stdout, stderr io.Writer) (code int, ok bool) {
	switch name {
	case "kafka-server-start":
		return server.Run(args[0], args[1:], stdout, stderr), true
	case server.KafkaStop:
		return server.Stop(name, args[1:], stdout, stderr), true
	}
	return 0, false
}

// base is a program's name without folder, .exe and .sh.
func base(path string) string {
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".exe"), ".sh")
}

// gregor is the program under its own name.
func gregor(env *tool.Env, args []string) int {
	if len(args) == 0 {
		return server.Run(env.Name, nil, env.Stdout, env.Stderr)
	}
	word, rest := args[0], args[1:]
	if code, ok := serverScript(base(word), args, env.Stdout, env.Stderr); ok {
		return code
	}
	switch word {
	case "server":
		return server.Run(env.Name, rest, env.Stdout, env.Stderr)
	case "-daemon", "--daemon", "--override", "status", "stop":
		return server.Run(env.Name, args, env.Stdout, env.Stderr)
	case "help", "--help", "-h", "-help":
		return help(env, rest)
	case "version", "--version", "-v", "-version":
		fmt.Fprintln(env.Stdout, "gregor", env.Version)
		return 0
	case "licences", "licenses":
		fmt.Fprint(env.Stdout, licences)
		return 0
	case "shims":
		return shims(env, rest)
	}
	if t := byKafkaName(base(word)); t != nil {
		env.Name, env.Args = t.Name, rest
		return t.Run(env)
	}
	if code, ok := native(env, args); ok {
		return code
	}
	return unknown(env, word)
}
