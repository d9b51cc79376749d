// Package cli is the gregor binary: the broker under `gregor server` and the tools, each under `gregor NOUN VERB` and
// under Kafka's own name (`gregor kafka-topics ...`, or called by a link of that name, with or without .sh).
//
// A folder per noun, a file per verb. The tools speak only the wire, so they work on any Kafka cluster.
package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/server"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// exitUsage is the code for a command line that gregor itself does not understand; Kafka's tools end with 1.
const exitUsage = 2

// Main runs the program and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	env := &tool.Env{Stdin: stdin, Stdout: stdout, Stderr: stderr, Getenv: os.Getenv, Version: server.Version()}
	var rest []string
	if len(args) > 0 {
		env.Name, rest = base(args[0]), args[1:]
	}
	if t := byKafkaName(env.Name); t != nil {
		env.Args = rest
		return t.Run(env)
	}
	if code, ok := serverScript(env.Name, args, stdout, stderr); ok {
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
	if t := byNoun(word); t != nil {
		return native(env, t, word, rest)
	}
	return unknown(env, word)
}

// native runs gregor's own form of a tool: a verb stands for the option of that name.
func native(env *tool.Env, t *tool.Tool, noun string, args []string) int {
	env.Name, env.Native, env.Operand, env.ManyOperands = "gregor "+noun, true, t.Operand, t.ManyOperands
	env.Args = args
	if len(t.Verbs) == 0 {
		return t.Run(env)
	}
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		printVerbs(env.Stdout, t)
		return 0
	}
	if strings.HasPrefix(args[0], "-") {
		return t.Run(env)
	}
	flags, ok := t.Verbs[args[0]]
	if !ok {
		fmt.Fprintf(env.Stderr, "gregor: unknown verb %s of %s", args[0], t.Noun)
		if near := opt.Nearest(args[0], verbs(t)); near != "" {
			fmt.Fprintf(env.Stderr, "; did you mean %s?", near)
		}
		fmt.Fprintln(env.Stderr)
		printVerbs(env.Stderr, t)
		return exitUsage
	}
	env.Name += " " + args[0]
	if flags == nil {
		flags = args[:1]
	}
	env.Args = append(append([]string{}, flags...), args[1:]...)
	return t.Run(env)
}
