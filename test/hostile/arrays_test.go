//go:build hostile

package hostile

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/testkit"
)

// The element counts of the arrays below: large enough to show work that grows with the square, in
// a test of seconds.
const (
	manyDistinct = 50_000
	manySame     = 20_000
)

// heavyWork is the input size that sets the time bound of such a request, see testkit.Time: three
// seconds.
const heavyWork = 3 << 20

// TestHugeArrays sends each API a request in which one array has thousands of elements, once all
// equal and once all different. The broker must answer, or close the connection, in bounded time.
// The answer must not be larger than its content requires.
func TestHugeArrays(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true, Properties: with(quickGroups, "auto.create.topics.enable", "false")})
	w := &world{topics: []string{"there"}, groups: []string{"group"}}
	w.ids = createTopics(t, b, 3, nil, w.topics...)
	makeGroup(t, b, "group", "there")
	for _, api := range served(t, b) {
		version := api.MaxVersion
		for _, path := range arrays(reflect.TypeOf(protocol.NewRequest(api.APIKey)).Elem(), version) {
			for _, distinct := range []bool{false, true} {
				name := fmt.Sprintf("%s/v%d/%s/distinct=%v", protocol.Name(api.APIKey), version, strings.Join(path, "."), distinct)
				t.Run(name, func(t *testing.T) { hugeArray(t, b, w, api.APIKey, version, path, distinct) })
			}
		}
	}
	serves(t, b)
}

func hugeArray(t *testing.T, b *gregor.Broker, w *world, key, version int16, path []string, distinct bool) {
	m := protocol.NewRequest(key)
	fillHuge(w, reflect.ValueOf(m).Elem(), version, path, distinct)
	frame := encode(m, version, 1, "hostile")
	var answer []byte
	var err error
	testkit.Time(t, heavyWork, func() {
		began := time.Now()
		peak := peakHeap(func() { answer, err = exchange(b, frame, 30*time.Second) })
		t.Logf("%s: %d KiB asked, %d KiB answered (%v) in %v, %d MiB of memory", t.Name(), len(frame)>>10, len(answer)>>10, err, time.Since(began).Round(time.Millisecond), peak>>20)
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("neither an answer nor the end of the connection")
	}
	if len(answer) > 110<<20 {
		t.Errorf("the answer has %d MiB", len(answer)>>20)
	}
}

// arrays returns the paths of all arrays of structs, strings and numbers in a request.
func arrays(t reflect.Type, version int16) (paths [][]string) {
	for _, f := range protocoltest.Fields(t) {
		if version < f.Low || version > f.High {
			continue
		}
		ft := f.Type
		if ft.Kind() == reflect.Slice && ft.Elem().Kind() != reflect.Uint8 {
			paths = append(paths, []string{f.Name})
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != reflect.TypeFor[wire.Records]() {
			for _, p := range arrays(ft, version) {
				paths = append(paths, append([]string{f.Name}, p...))
			}
		}
	}
	return paths
}

// fillHuge sets plausible values everywhere, one element in each array on the path, and many in the
// last.
func fillHuge(w *world, v reflect.Value, version int16, path []string, distinct bool) {
	for _, sf := range protocoltest.Fields(v.Type()) {
		f := v.FieldByName(sf.Name)
		if version < sf.Low || version > sf.High {
			continue
		}
		plausible(w, v.Type().Name(), sf.Name, f)
		if len(path) == 0 || sf.Name != path[0] {
			continue
		}
		n := 1
		if len(path) == 1 {
			if n = manySame; distinct {
				n = manyDistinct
			}
		}
		f.Set(reflect.MakeSlice(f.Type(), n, n))
		for i := range n {
			e := f.Index(i)
			switch {
			case e.Kind() == reflect.Struct:
				fillHuge(w, e, version, path[1:], distinct)
				if distinct && len(path) == 1 {
					makeDistinct(e, i)
				}
			default:
				plausible(w, v.Type().Name(), sf.Name, e)
				if distinct {
					vary(e, i)
				}
			}
		}
	}
}

func makeDistinct(e reflect.Value, i int) {
	for _, name := range []string{"Name", "Topic", "TopicName", "TopicID", "Partition", "PartitionIndex", "Index", "MemberID", "GroupID", "ResourceName"} {
		if f := e.FieldByName(name); f.IsValid() {
			vary(f, i)
			return
		}
	}
}

func vary(f reflect.Value, i int) {
	switch {
	case f.Kind() == reflect.String:
		f.SetString(fmt.Sprintf("%s-%d", f.String(), i))
	case f.Kind() == reflect.Pointer && !f.IsNil():
		vary(f.Elem(), i)
	case f.CanInt():
		f.SetInt(int64(i) % (1 << (f.Type().Bits() - 1)))
	case f.Type() == reflect.TypeFor[wire.UUID]():
		f.Set(reflect.ValueOf(wire.UUID{1, 2, 3, byte(i), byte(i >> 8), byte(i >> 16)}))
	}
}

// plausible sets a field to a value that the broker does not refuse at once.
func plausible(w *world, owner, name string, f reflect.Value) {
	g := &generator{rnd: fixed(), w: w, m: membership{group: w.groups[0]}}
	switch f.Kind() {
	case reflect.String:
		f.SetString(plausibleText(g, owner, name))
	case reflect.Pointer:
		if f.Type().Elem().Kind() == reflect.String && name != "TransactionalID" && name != "GroupInstanceID" {
			s := plausibleText(g, owner, name)
			f.Set(reflect.ValueOf(&s))
		}
	case reflect.Array:
		if name == "TopicID" && !strings.HasPrefix(owner, "DeleteTopics") {
			f.Set(reflect.ValueOf(w.ids[w.topics[0]]))
		}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		values := map[string]int64{"MaxBytes": 1 << 20, "PartitionMaxBytes": 1 << 20, "ResourceType": 2, "NumPartitions": 1, "ReplicationFactor": 1, "Count": 4,
			"SessionTimeoutMs": 100, "RebalanceTimeoutMs": 100, "ReplicaID": -1, "GenerationIDOrMemberEpoch": -1, "RetentionTimeMs": -1, "ProducerID": -1, "ProducerEpoch": -1,
			"Acks": 1, "EndpointType": 1, "ResponsePartitionLimit": 2000, "CurrentLeaderEpoch": -1, "LastFetchedEpoch": -1, "MemberEpoch": -1, "TimeoutMs": 1000}
		if v, ok := values[name]; ok {
			f.SetInt(v)
		}
	}
}

func plausibleText(g *generator, owner, name string) string {
	switch {
	case strings.HasPrefix(owner, "CreateTopics") && name == "Name" && !strings.Contains(owner, "Config"):
		return "new"
	case name == "MemberID":
		return ""
	case strings.Contains(owner, "Config") && name == "Name", name == "ConfigurationKeys":
		return "retention.ms"
	case name == "Value":
		return "1000"
	case name == "ResourceName", name == "Name" && !strings.HasPrefix(owner, "JoinGroup"), name == "Topic", name == "TopicName", name == "TopicNames":
		return g.w.topics[0]
	case name == "GroupID", name == "Groups", name == "GroupsNames", name == "Key", name == "CoordinatorKeys":
		return g.w.groups[0]
	case strings.HasPrefix(owner, "JoinGroup") && name == "Name":
		return "range"
	case name == "ProtocolType":
		return "consumer"
	}
	return "text"
}
