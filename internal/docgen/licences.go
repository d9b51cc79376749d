package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// licencesIntro opens internal/cli/licences.txt, which the binary contains: the licences of the
// compiled modules require their text in the distribution.
const licencesIntro = `gregor is licensed under the Apache License, Version 2.0, as is Apache Kafka, which it follows.
The modules below are compiled into it, with Go's own runtime and standard library. Their licences:
`

// licences collects the licence and notice files of the modules in the binary for Linux. It prints
// a text that several modules share once.
func licences(root string) (string, error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/gregor")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	modules := strings.Fields(strings.ReplaceAll(string(out), "\t", "|"))
	slices.Sort(modules)
	var b strings.Builder
	b.WriteString(licencesIntro)
	first := map[string]string{}
	for _, m := range slices.Compact(modules) {
		part := strings.SplitN(m, "|", 3)
		name := part[0] + " " + part[1]
		if part[0] == "golang.org/x/sys" {
			name += ", and Go itself"
		}
		if err := writeLicence(&b, name, part[2], first); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// writeLicence adds one module's files. first maps a text to the module that it was printed with.
func writeLicence(b *strings.Builder, name, dir string, first map[string]string) error {
	var files []string
	for _, pattern := range []string{"LICENSE*", "NOTICE*", "PATENTS*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return errors.New(name + " has no licence file")
	}
	fmt.Fprintf(b, "\n%s\n%s\n%s\n", strings.Repeat("=", 80), name, strings.Repeat("=", 80))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		s := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		if other := first[s]; other != "" {
			fmt.Fprintf(b, "\n%s: the same as that of %s\n", filepath.Base(f), other)
			continue
		}
		first[s] = name
		fmt.Fprintf(b, "\n%s:\n\n%s\n", filepath.Base(f), s)
	}
	return nil
}
