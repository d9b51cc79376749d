package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerated fails when the codecs do not match the structs. Run go generate
// ./internal/protocol.
func TestGenerated(t *testing.T) {
	dirs, err := filepath.Glob("../*record")
	if err != nil || len(dirs) != 9 {
		t.Fatalf("packages of records: %v, %v", dirs, err)
	}
	for _, dir := range append(dirs, "..") {
		files, err := generate(dir)
		if err != nil {
			t.Fatal(err)
		}
		have, err := filepath.Glob(filepath.Join(dir, "zz_*.go"))
		if err != nil || len(have) != len(files) {
			t.Errorf("%s: %d generated files, %d expected", dir, len(have), len(files))
		}
		for name, want := range files {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != string(want) {
				t.Errorf("%s/%s is stale (%v)", dir, name, err)
			}
		}
	}
}

func TestConditions(t *testing.T) {
	for _, c := range []struct{ v, ctx, want string }{
		{"0+", "0-9", "true"}, {"3+", "3-9", "true"}, {"4+", "3-9", "version >= 4"}, {"0-4", "3-9", "version <= 4"},
		{"5", "3-9", "version == 5"}, {"4-5", "3-9", "version >= 4 && version <= 5"}, {"0-2", "3-9", "false"}, {"10+", "3-9", "false"},
	} {
		v, err := parseVersions(c.v)
		if err != nil {
			t.Fatal(err)
		}
		ctx, err := parseVersions(c.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.cond(ctx); got != c.want {
			t.Errorf("%s within %s: %q, want %q", c.v, c.ctx, got, c.want)
		}
	}
}

// TestRefused checks that mistakes in tags stop the generator.
func TestRefused(t *testing.T) {
	head := "package p\n\ntype M struct {\n_ struct{} `kafka:\"key=1,versions=0-3,flexible=2+,request\"`\n"
	for src, want := range map[string]string{
		head + "A int32 `kafka:\"0+,nulable=1+\"`\n}":                                                      "unknown option",
		head + "A *string `kafka:\"0+\"`\n}":                                                               "not nullable",
		head + "A *int32 `kafka:\"0+,nullable=0+\"`\n}":                                                    "must be to a string or a struct",
		head + "A []B `kafka:\"0+\"`\n}":                                                                   "unknown type",
		head + "A []M `kafka:\"0+\"`\n}":                                                                   "nest deeper",
		head + "A int32 `kafka:\"3-1\"`\n}":                                                                "versions",
		head + "A int32 `kafka:\"0+\"`\n}\n\ntype B struct {\nA int32 `kafka:\"0+\"`\n}":                   "part of no message",
		head + "A, B int32 `kafka:\"0+\"`\n}":                                                              "its own kafka tag",
		"package p\n\ntype M struct {\n_ struct{} `kafka:\"key=1,versions=0\"`\nA int32 `kafka:\"0+\"`\n}": "does not say request",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "m.go"), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := generate(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
