package config

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/gregorhq/gregor/internal/properties"
)

// variable is Kafka's ${provider:[path:]key} (ConfigTransformer).
var variable = regexp.MustCompile(`\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`)

// provide replaces ${env:NAME}, ${file:PATH:KEY} and ${directory:PATH:NAME} in all values, in
// place. The names env, file, dir and directory always work; config.providers may give them other
// names. A variable whose provider is not known stays as it is, as in Kafka; one that cannot be
// resolved is an error.
func (in Input) provide(values map[string]string) error {
	providers := map[string]string{"env": "env", "file": "file", "dir": "directory", "directory": "directory"}
	for _, name := range splitList(values["config.providers"]) {
		class := values["config.providers."+name+".class"]
		switch {
		case strings.HasSuffix(class, "EnvVarConfigProvider"):
			providers[name] = "env"
		case strings.HasSuffix(class, "FileConfigProvider"):
			providers[name] = "file"
		case strings.HasSuffix(class, "DirectoryConfigProvider"):
			providers[name] = "directory"
		case class != "":
			return invalid("config.providers."+name+".class", class, "gregor has EnvVarConfigProvider, FileConfigProvider and DirectoryConfigProvider")
		}
	}
	for _, k := range sortedKeys(values) {
		var failed error
		values[k] = variable.ReplaceAllStringFunc(values[k], func(ref string) string {
			m := variable.FindStringSubmatch(ref)
			kind, ok := providers[m[1]]
			if !ok {
				return ref
			}
			v, err := in.lookup(kind, m[3], m[4])
			if err != nil && failed == nil {
				failed = fmt.Errorf("configuration %s refers to %s: %w", k, ref, err)
			}
			return v
		})
		if failed != nil {
			return failed
		}
	}
	return nil
}

func (in Input) lookup(kind, where, key string) (string, error) {
	if kind == "env" {
		for _, kv := range in.Env {
			if name, v, _ := strings.Cut(kv, "="); name == key {
				return strings.ToValidUTF8(v, "\uFFFD"), nil
			}
		}
		return "", errorf("the environment variable %s is not set", key)
	}
	if in.ReadFile == nil {
		return "", errorf("reading files is not possible here")
	}
	if kind == "directory" {
		if path.Base(key) != key {
			return "", errorf("%s is not the name of a file in %s", key, where)
		}
		b, err := in.ReadFile(path.Join(where, key))
		if err == nil && !utf8.Valid(b) {
			err = errorf("the file %s in %s is not UTF-8", key, where)
		}
		return string(b), err
	}
	b, err := in.ReadFile(where)
	if err != nil {
		return "", err
	}
	pairs, err := properties.ParseUTF8(b)
	if err != nil {
		return "", fmt.Errorf("%s: %w", where, err)
	}
	for i := len(pairs) - 1; i >= 0; i-- {
		if pairs[i].Key == key {
			return pairs[i].Value, nil
		}
	}
	return "", errorf("%s has no key %s", where, key)
}
