// Package drv is the common part of the Go drivers: the line protocol of test/interop/runner (see
// its run.go).
package drv

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limit bounds the time of one request of the runner.
const Limit = 25 * time.Second

// Rec is one record to send or to read. A nil Key or Value is null. Partition -1 lets the client
// choose.
type Rec struct {
	Key, Value []byte
	Headers    []Header
	Partition  int
	Offset     int64
	Timestamp  int64
}

// Header is one record header.
type Header struct {
	Key   string
	Value []byte
}

// Lacking means that the client does not have the feature.
type Lacking string

func (l Lacking) Error() string { return string(l) }

// Client is one client library. Read and Consume emit the received records and return after count
// records.
type Client interface {
	Create(ctx context.Context, topic string, partitions int) error
	List(ctx context.Context) (map[string]int, error)
	Delete(ctx context.Context, topic string) error
	Produce(ctx context.Context, topic, codec string, idempotent bool, recs []Rec) error
	// Read reads every partition without a group, from the beginning, or from the time
	// (milliseconds) when it is above 0.
	Read(ctx context.Context, topic string, count int, time int64, emit func(Rec)) error
	// Consume joins the group, commits each record after emitting it and leaves.
	Consume(ctx context.Context, group, topic string, count int, emit func(Rec)) error
	Committed(ctx context.Context, group, topic string) (map[int]int64, error)
	Reset(ctx context.Context, group, topic string) error
	// Member consumes and commits until ctx ends, and leaves.
	Member(ctx context.Context, group, topic string, emit func(Rec)) error
}

// Codecs are the codecs of a client that supports all.
const Codecs = "none,gzip,snappy,lz4,zstd"

// Main serves the runner.
func Main(module string, about map[string]string, c Client) {
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if d.Path == module {
			about["version"] = strings.TrimPrefix(d.Version, "v")
		}
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<16), 1<<24)
	for in.Scan() {
		word, v := parse(in.Text())
		ctx, cancel := context.WithTimeout(context.Background(), Limit)
		err := perform(ctx, c, about, in, word, v)
		cancel()
		var without Lacking
		switch {
		case errors.As(err, &without):
			say("lacking", "why", string(without))
		case err != nil:
			fmt.Fprintln(os.Stderr, word, "failed:", err)
			say("fail", "error", err.Error())
		default:
			say("ok")
		}
	}
}

func perform(ctx context.Context, c Client, about map[string]string, in *bufio.Scanner, word string, v url.Values) error {
	topic, group := v.Get("topic"), v.Get("group")
	number := func(name string) int { n, _ := strconv.Atoi(v.Get(name)); return n }
	switch word {
	case "hello":
		var pairs []string
		for k, s := range about {
			pairs = append(pairs, k, s)
		}
		say("client", pairs...)
		return nil
	case "create":
		return c.Create(ctx, topic, number("partitions"))
	case "list":
		topics, err := c.List(ctx)
		for name, n := range topics {
			say("topic", "name", name, "partitions", strconv.Itoa(n))
		}
		return err
	case "delete":
		return c.Delete(ctx, topic)
	case "produce":
		return c.Produce(ctx, topic, v.Get("codec"), v.Has("idempotent"), records(in))
	case "read":
		return c.Read(ctx, topic, number("count"), int64(number("time")), emit)
	case "consume":
		return c.Consume(ctx, group, topic, number("max"), emit)
	case "committed":
		offsets, err := c.Committed(ctx, group, topic)
		for p, o := range offsets {
			say("offset", "p", strconv.Itoa(p), "o", strconv.FormatInt(o, 10))
		}
		return err
	case "reset":
		return c.Reset(ctx, group, topic)
	case "member":
		return c.Member(untilClosed(in), group, topic, emit)
	}
	return fmt.Errorf("no request named %s", word)
}

func records(in *bufio.Scanner) (out []Rec) {
	for in.Scan() {
		word, v := parse(in.Text())
		if word == "end" {
			break
		}
		r := Rec{Key: unhex(v, "k"), Value: unhex(v, "v")}
		r.Partition, _ = strconv.Atoi(v.Get("p"))
		for k := range v {
			if name, ok := strings.CutPrefix(k, "h."); ok {
				r.Headers = append(r.Headers, Header{name, unhex(v, k)})
			}
		}
		out = append(out, r)
	}
	return out
}

func emit(r Rec) {
	pairs := []string{"p", strconv.Itoa(r.Partition), "o", strconv.FormatInt(r.Offset, 10), "t", strconv.FormatInt(r.Timestamp, 10)}
	if r.Key != nil {
		pairs = append(pairs, "k", hex.EncodeToString(r.Key))
	}
	if r.Value != nil {
		pairs = append(pairs, "v", hex.EncodeToString(r.Value))
	}
	for _, h := range r.Headers {
		pairs = append(pairs, "h."+h.Key, hex.EncodeToString(h.Value))
	}
	say("rec", pairs...)
}

var mu sync.Mutex

func say(word string, pairs ...string) {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	mu.Lock()
	defer mu.Unlock()
	fmt.Printf("@%s?%s\n", word, v.Encode())
}

func parse(line string) (string, url.Values) {
	word, rest, _ := strings.Cut(line, "?")
	v, _ := url.ParseQuery(rest)
	return word, v
}

func unhex(v url.Values, name string) []byte {
	if !v.Has(name) {
		return nil
	}
	b, _ := hex.DecodeString(v.Get(name))
	if b == nil {
		b = []byte{}
	}
	return b
}
