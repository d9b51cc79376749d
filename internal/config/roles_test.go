package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files of nodes with one role are refused with the texts of Apache Kafka 4.4.0.
func TestRolesAreRefusedAsInKafka(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "kafka", "parse-4.4.0.txt"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		lines, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !strings.HasPrefix(lines, "process.roles=broker;;") && !strings.HasPrefix(lines, "process.roles=controller;;") || want == "ok" {
			continue
		}
		seen++
		file := map[string]string{"process.roles": "broker,controller", "node.id": "1", "controller.quorum.voters": "1@localhost:9093",
			"controller.listener.names": "CONTROLLER", "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093"}
		for _, p := range parsed(t, strings.ReplaceAll(lines, ";;", "\n")) {
			file[p.Key] = p.Value
			if p.Value == "<unset>" {
				delete(file, p.Key)
			}
		}
		want = strings.TrimSuffix(strings.TrimPrefix(want, "requirement failed: "), "'")
		if _, _, err := ParseMap(file); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", lines, err, want)
		}
	}
	if seen < 12 {
		t.Errorf("%d cases", seen)
	}
}

func TestRoles(t *testing.T) {
	read := func(text string) *Broker {
		t.Helper()
		b, err := parseText(t, text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	alone := read("listeners=PLAINTEXT://a:1")
	if !alone.IsBroker() || !alone.IsController() || !alone.Alone() {
		t.Error("a node without process.roles is not alone")
	}
	b := read("process.roles=broker\nnode.id=4\ncontroller.listener.names=C\ncontroller.quorum.bootstrap.servers=h1:9093,[::1]:9094")
	if !b.IsBroker() || b.IsController() || b.Alone() {
		t.Error("the roles of a broker")
	}
	if s := b.BootstrapServers(); len(s) != 2 || s[0] != (Voter{-1, "h1", 9093}) || s[1] != (Voter{-1, "::1", 9094}) {
		t.Errorf("bootstrap servers %v", s)
	}
	c := read("process.roles=controller\nnode.id=1\ncontroller.listener.names=C\nlisteners=C://:9093\nadvertised.listeners=C://h:19093,PLAINTEXT://h:1\n" +
		"controller.quorum.voters=1@h:9093,2@i:9093")
	if c.IsBroker() || !c.IsController() || c.Alone() {
		t.Error("the roles of a controller")
	}
	if a := c.AdvertisedControllers(); len(a) != 1 || a[0].Host != "h" || a[0].Port != 19093 {
		t.Errorf("advertised controllers %v", a)
	}
	if len(c.AdvertisedListeners()) != 1 {
		t.Errorf("advertised listeners %v", c.AdvertisedListeners())
	}
	if read("controller.quorum.voters=1@a:1,2@b:1").Alone() || read("controller.quorum.bootstrap.servers=a:1,b:1").Alone() {
		t.Error("one of several controllers is alone")
	}
}
