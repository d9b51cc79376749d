package server

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/properties"
)

// configure reads the file, the environment and the overrides. Without a file the node is a
// development node: the defaults of a single node apply, and the environment overrides them.
func (p *process) configure(a arguments, log *slog.Logger) (*config.Broker, error) {
	in := config.Input{Env: p.env, Overrides: a.overrides, ReadFile: os.ReadFile}
	if a.file == "" {
		in.Properties = singleNode(in)
	} else {
		text, err := os.ReadFile(a.file)
		if err != nil {
			return nil, unreadable(a.file, err)
		}
		if in.Properties, err = properties.Parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w", a.file, err)
		}
	}
	cfg, warnings, err := config.Parse(in)
	for _, w := range summarize(warnings) {
		log.Warn(w)
	}
	return cfg, err
}

// givesWay maps a default of singleNode to the key that replaces it. With listeners on another
// port, for example, the default advertised port 9092 would be wrong.
var givesWay = map[string]string{"advertised.listeners": "listeners", "log.dirs": "log.dir", "node.id": "broker.id"}

// singleNode returns the defaults of `gregor` without a file. The environment and the overrides
// have precedence.
func singleNode(in config.Input) (out []config.Property) {
	said := map[string]bool{}
	for _, p := range config.FromEnv(in.Env) {
		said[p.Key] = true
	}
	for _, o := range in.Overrides {
		key, _, _ := strings.Cut(o, "=")
		said[strings.TrimSpace(key)] = true
	}
	props := gregor.SingleNodeDefaults()
	maps.Copy(props, map[string]string{
		"listeners":            "PLAINTEXT://:9092",
		"advertised.listeners": "PLAINTEXT://localhost:9092",
		"log.dirs":             "data",
		"node.id":              "1",
	})
	if !said["log.dirs"] && !said["log.dir"] {
		props["storage.format.on.start"] = "true" // ./data is no disk of its own
	}
	for _, k := range slices.Sorted(maps.Keys(props)) {
		if other, is := givesWay[k]; is && said[other] {
			continue
		}
		out = append(out, config.Property{Key: k, Value: props[k]})
	}
	return out
}

func unreadable(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no configuration file %s", file)
	}
	return fmt.Errorf("the configuration file cannot be read: %w", err)
}

// summarize makes one line of all comments behind values. Tutorials have such a comment on every
// line.
func summarize(warnings []config.Warning) (out []string) {
	var commented []string
	at := -1
	for _, w := range warnings {
		if w.Kind != config.Note {
			out = append(out, w.String())
			continue
		}
		if commented = append(commented, w.Key); at < 0 {
			at = len(out)
			out = append(out, w.String())
		}
	}
	if len(commented) > 1 {
		out[at] = fmt.Sprintf("the comments after the values of %d keys are ignored (%s and others); Apache Kafka takes them as part of the values, so put them on lines of their own",
			len(commented), commented[0])
	}
	return out
}
