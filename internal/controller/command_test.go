package controller

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// errorCodes collects the fields ErrorCode of an answer, and of its elements.
func errorCodes(v reflect.Value) (codes []int64) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			codes = errorCodes(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			codes = append(codes, errorCodes(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "ErrorCode" {
				codes = append(codes, v.Field(i).Int())
			} else {
				codes = append(codes, errorCodes(v.Field(i))...)
			}
		}
	}
	return codes
}

// A request that is not decided fails as a whole or in every element, with the error of the engine.
func TestEveryAPIFailsInEveryElement(t *testing.T) {
	var keys []int16
	for key := range entries { // any order: sorted below
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if len(keys) < 10 {
		t.Fatalf("declared: %v", keys)
	}
	for _, key := range keys {
		req := protocol.NewRequest(key)
		req.SetDefaults()
		const each = 3
		v := reflect.ValueOf(req).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct {
				f.Set(reflect.MakeSlice(f.Type(), each, each))
			}
		}
		var got protocol.Message
		answers := 0
		cmd := NewCommand(Request{}, req, func(m protocol.Message) { got = m; answers++ })
		cmd.Finish(protocol.ErrNotController)
		if answers != 1 || got.APIKey() != key {
			t.Errorf("%s: %d answers, %v", req.MessageName(), answers, got)
			continue
		}
		codes := errorCodes(reflect.ValueOf(got))
		if len(codes) != 1 && len(codes) != each || slices.ContainsFunc(codes, func(c int64) bool { return c != int64(protocol.ErrNotController) }) {
			t.Errorf("%s fails with the codes %v, want NOT_CONTROLLER once or %d times", req.MessageName(), codes, each)
		}
		if entries[key] == nil || cmd.Timeout < 0 {
			t.Errorf("%s: time-out %v", req.MessageName(), cmd.Timeout)
		}
	}
}

// The answer of a decision comes with Finish, and the time-out is that of the request where it has
// one.
func TestCommandAnswersOnceAfterItsDecision(t *testing.T) {
	core := New(Config{Broker: config.Default(), ClusterID: "c", SessionTimeout: time.Second})
	var got *protocol.CreateTopicsResponse
	req := &protocol.CreateTopicsRequest{TimeoutMs: 1234, Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "", NumPartitions: 1, ReplicationFactor: 1}}}
	cmd := NewCommand(Request{Version: 7, Principal: "User:a"}, req, func(m protocol.Message) { got = m.(*protocol.CreateTopicsResponse) })
	if cmd.Timeout != 1234*time.Millisecond || cmd.Context.Principal != "User:a" {
		t.Errorf("%+v", cmd)
	}
	if records := cmd.Decide(core, Env{Image: metadata.Empty(), Rand: fixed{}}); len(records) != 0 || got != nil {
		t.Fatalf("%d records, answer %v", len(records), got)
	}
	cmd.Finish(protocol.ErrNone)
	if got == nil || got.Topics[0].ErrorCode != protocol.ErrInvalidTopicException.Code() || !strings.Contains(*got.Topics[0].ErrorMessage, "empty string") {
		t.Errorf("answer %+v", got)
	}
	if heartbeat := NewCommand(Request{}, &protocol.BrokerHeartbeatRequest{}, nil); heartbeat.Timeout != defaultTimeout {
		t.Errorf("time-out of a heartbeat: %v", heartbeat.Timeout)
	}
}

// Answers about topics and settings wait for the publication on the node that was asked; answers to
// brokers do not.
func TestPublishedAPIs(t *testing.T) {
	for key, want := range map[int16]bool{
		protocol.KeyCreateTopics: true, protocol.KeyDeleteTopics: true, protocol.KeyCreatePartitions: true,
		protocol.KeyAlterConfigs: true, protocol.KeyIncrementalAlterConfigs: true, protocol.KeyElectLeaders: true,
		protocol.KeyBrokerHeartbeat: false, protocol.KeyBrokerRegistration: false, protocol.KeyAlterPartition: false,
		protocol.KeyAllocateProducerIDs: false, protocol.KeyFetch: false,
	} {
		if got := Published(key); got != want {
			t.Errorf("%s: %v", protocol.Name(key), got)
		}
	}
}

// fixed is a source of numbers that are all the same.
type fixed struct{}

func (fixed) Uint64() uint64 { return 1 << 40 }
func (fixed) IntN(int) int   { return 0 }
