package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// classes are the main classes of Apache Kafka's tools.
var classes = map[string]string{
	"kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
	"kafka-cluster":             "org.apache.kafka.tools.ClusterTool",
	"kafka-configs":             "kafka.admin.ConfigCommand",
	"kafka-console-consumer":    "org.apache.kafka.tools.consumer.ConsoleConsumer",
	"kafka-console-producer":    "org.apache.kafka.tools.ConsoleProducer",
	"kafka-consumer-groups":     "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
	"kafka-consumer-perf-test":  "org.apache.kafka.tools.ConsumerPerformance",
	"kafka-delete-records":      "org.apache.kafka.tools.DeleteRecordsCommand",
	"kafka-dump-log":            "org.apache.kafka.tools.DumpLogSegments",
	"kafka-get-offsets":         "org.apache.kafka.tools.GetOffsetShell",
	"kafka-groups":              "org.apache.kafka.tools.GroupsCommand",
	"kafka-log-dirs":            "org.apache.kafka.tools.LogDirsCommand",
	"kafka-producer-perf-test":  "org.apache.kafka.tools.ProducerPerformance",
	"kafka-storage":             "kafka.tools.StorageTool",
	"kafka-topics":              "org.apache.kafka.tools.TopicCommand",
}

func (s *side) fill(text string) string {
	return strings.NewReplacer("$B", s.server, "$T", s.prefix, "$D", s.dir).Replace(text)
}

func (s *side) args(c *call) []string {
	args := make([]string, len(c.args))
	for i, a := range c.args {
		args[i] = s.fill(a)
	}
	return args
}

// files writes the files of all cases before the first call, so each name has one content.
func (s *side) files(cases []call) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	for i := range cases {
		for _, file := range cases[i].files {
			if err := os.WriteFile(filepath.Join(s.dir, file[0]), []byte(s.fill(unescape(file[1]))), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func runJava(tools, batch, log4j string, s side, cases []call) ([]result, error) {
	if err := s.files(cases); err != nil {
		return nil, err
	}
	jars, err := filepath.Glob(filepath.Join(tools, "*.jar"))
	if err != nil || len(jars) == 0 {
		return nil, fmt.Errorf("no jars in %q: %w", tools, err)
	}
	var in bytes.Buffer
	for i := range cases {
		c := &cases[i]
		class := classes[c.tool]
		if class == "" {
			return nil, fmt.Errorf("%s: no tool named %s", c.at, c.tool)
		}
		line, err := json.Marshal(map[string]any{"class": class, "args": s.args(c), "stdin": s.fill(c.stdin), "timeout": c.timeout})
		if err != nil {
			return nil, err
		}
		in.Write(append(line, '\n'))
	}
	args := []string{"-Djava.security.manager=allow", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dpeer.log.level=OFF"}
	if log4j != "" {
		args = append(args, "-Dlog4j2.configurationFile="+log4j)
	}
	cmd := exec.Command("java", append(args, "-cp", strings.Join(jars, ":"), batch)...)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("java: %w\n%s", err, errs.String())
	}
	results := make([]result, 0, len(cases))
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var r result
		if err := d.Decode(&r); err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	if len(results) != len(cases) {
		return nil, fmt.Errorf("java answered %d of %d calls\n%s", len(results), len(cases), errs.String())
	}
	return results, nil
}

func runGregor(binary string, own side, cases []call) ([]result, error) {
	if err := own.files(cases); err != nil {
		return nil, err
	}
	results := make([]result, len(cases))
	for i := range cases {
		c, s := &cases[i], own
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.timeout)*time.Second)
		cmd := exec.CommandContext(ctx, binary, append([]string{c.tool}, s.args(c)...)...)
		var out, errs bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(s.fill(c.stdin)), &out, &errs
		err := cmd.Run()
		var exit *exec.ExitError
		switch {
		case ctx.Err() != nil:
			results[i].Code = 124
		case errors.As(err, &exit):
			results[i].Code = exit.ExitCode()
		case err != nil:
			cancel()
			return nil, err
		}
		cancel()
		results[i].Out, results[i].Err = out.String(), errs.String()
	}
	return results, nil
}
