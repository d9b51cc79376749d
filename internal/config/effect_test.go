package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// usedHere are keys that this package itself turns into something else than a value of that name.
var usedHere = map[string]string{
	"advertised.listeners":             "AdvertisedListeners",
	"broker.id":                        "node.id",
	"config.providers":                 "provide",
	"inter.broker.listener.name":       "InterBrokerListener",
	"listener.security.protocol.map":   "Listeners",
	"listeners":                        "Listeners",
	"log.dir":                          "log.dirs",
	"max.connections.per.ip.overrides": "MaxConnectionsPerIPOverrides",
	"metadata.log.dir":                 "MetadataLogDir",
	"security.inter.broker.protocol":   "InterBrokerListener",
	"authorizer.class.name":            "checkSupported",
	"controller.listener.names":        "Listeners",
	"process.roles":                    "checkSupported",
	"node.id":                          "NodeID",
	"log.dirs":                         "LogDirs",
}

// notNode are folders whose code is no part of a running node: what they read are names of clients' and tools' own
// settings, some of which a broker has too.
var notNode = []string{"internal/config", "internal/cli", "test", "bench"}

// sources is the text of all Go files that make a node, outside this package and outside tests.
func sources(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (slices.Contains(notNode, strings.TrimPrefix(filepath.ToSlash(path), "../../")) || strings.HasPrefix(e.Name(), ".") && path != root):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(path)
		text.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A key that is said to have an effect must be read by somebody: a name in code, a field of TopicConfig, or a
// weaker synonym of such a key. A key that is read must not be said to have none.
func TestEffectsAreHonest(t *testing.T) {
	code := sources(t)
	supplies := map[string]bool{}
	for _, kind := range []Kind{BrokerKey, TopicKey} {
		for _, d := range Definitions(kind) {
			if d.NoEffect == "" {
				for _, s := range d.Synonyms {
					supplies[s.Name] = true
				}
			}
		}
	}
	for _, d := range Definitions(BrokerKey) {
		read := strings.Contains(code, `"`+d.Name+`"`)
		if d.NoEffect == "" && !read && usedHere[d.Name] == "" && !supplies[d.Name] {
			t.Errorf("%s has an effect, but nobody reads it", d.Name)
		}
		if d.NoEffect != "" && read {
			t.Errorf("%s is read, but is said to have no effect: %s", d.Name, d.NoEffect)
		}
	}
}

// Every field of TopicConfig must be read, too.
func TestTopicEffectsAreHonest(t *testing.T) {
	code := sources(t)
	fields := map[string]string{"cleanup.policy": "Compact", "message.timestamp.type": "LogAppendTime", "internal.segment.bytes": "SegmentBytes"}
	for _, d := range Definitions(TopicKey) {
		field := fields[d.Name]
		if field == "" {
			for _, w := range strings.Split(d.Name, ".") {
				field += strings.ToUpper(w[:1]) + w[1:]
			}
		}
		if read := strings.Contains(code, "."+field) || strings.Contains(code, `"`+d.Name+`"`); d.NoEffect == "" && !read {
			t.Errorf("%s has an effect, but nobody reads TopicConfig.%s", d.Name, field)
		}
	}
}
