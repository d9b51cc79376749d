package broker

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/vfs"
)

func TestBrokerLoggers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	logs := telemetry.NewLogs(&testkit.Buffer{}, telemetry.LogOptions{})
	cfg, _, err := config.ParseMap(map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "log.dirs": "/data",
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(ctx, Options{Config: cfg, FS: vfs.NewMem(), Logs: logs})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Stop(ctx) }()
	c, err := kgo.NewClient(kgo.SeedBrokers(n.Addr("")))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	levels := func() map[string]string {
		req := kmsg.NewPtrDescribeConfigsRequest()
		req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeBrokerLogger, ResourceName: "1"}}
		resp, err := req.RequestWith(ctx, c)
		if err != nil || len(resp.Resources) != 1 || resp.Resources[0].ErrorCode != 0 {
			t.Fatal(resp, err)
		}
		out := map[string]string{}
		for _, e := range resp.Resources[0].Configs {
			out[e.Name] = *e.Value
		}
		return out
	}
	alter := func(logger string, op kmsg.IncrementalAlterConfigOp, level *string) (int16, string) {
		req := kmsg.NewPtrIncrementalAlterConfigsRequest()
		req.Resources = []kmsg.IncrementalAlterConfigsRequestResource{{
			ResourceType: kmsg.ConfigResourceTypeBrokerLogger, ResourceName: "1",
			Configs: []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: logger, Op: op, Value: level}},
		}}
		resp, err := req.RequestWith(ctx, c)
		if err != nil || len(resp.Resources) != 1 {
			t.Fatal(resp, err)
		}
		text := ""
		if m := resp.Resources[0].ErrorMessage; m != nil {
			text = *m
		}
		return resp.Resources[0].ErrorCode, text
	}
	if got := levels(); got["root"] != "INFO" || got["replication"] != "INFO" || got["network"] != "INFO" {
		t.Fatalf("levels at the start: %v", got)
	}
	debug := "DEBUG"
	if code, text := alter("replication", kmsg.IncrementalAlterConfigOpSet, &debug); code != 0 {
		t.Fatal(code, text)
	}
	if got := levels(); got["replication"] != "DEBUG" || got["network"] != "INFO" || !logs.Component("replication").Enabled(ctx, -4) {
		t.Fatalf("levels after the change: %v", got)
	}
	if code, text := alter("replication", kmsg.IncrementalAlterConfigOpDelete, nil); code != 0 || levels()["replication"] != "INFO" {
		t.Fatal(code, text, levels())
	}
	for logger, want := range map[string]string{
		"no.such": "Logger no.such does not exist!",
		"root":    "Removing the log level of the root logger is not allowed",
	} {
		if code, text := alter(logger, kmsg.IncrementalAlterConfigOpDelete, nil); code == 0 || text != want {
			t.Errorf("%s: %d %q", logger, code, text)
		}
	}
}
