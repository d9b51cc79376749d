package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
)

// rec is one record, sent or read.
type rec struct {
	key, value []byte // nil means null
	headers    map[string]string
	partition  int // -1: the client chooses
	offset     int64
	timestamp  int64
}

func (r rec) line() string {
	v := url.Values{"p": {strconv.Itoa(r.partition)}}
	if r.key != nil {
		v.Set("k", hex.EncodeToString(r.key))
	}
	if r.value != nil {
		v.Set("v", hex.EncodeToString(r.value))
	}
	for k, h := range r.headers {
		v.Set("h."+k, hex.EncodeToString([]byte(h)))
	}
	return "rec?" + v.Encode()
}

func parseRec(v url.Values) (r rec, err error) {
	get := func(name string) []byte {
		if !v.Has(name) || err != nil {
			return nil
		}
		b, e := hex.DecodeString(v.Get(name))
		err = e
		if b == nil {
			b = []byte{}
		}
		return b
	}
	number := func(name string) int64 {
		n, e := strconv.ParseInt(v.Get(name), 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("%s of a record: %w", name, e)
		}
		return n
	}
	r.key, r.value = get("k"), get("v")
	r.partition, r.offset, r.timestamp = int(number("p")), number("o"), number("t")
	for k := range v {
		if name, ok := strings.CutPrefix(k, "h."); ok {
			if r.headers == nil {
				r.headers = map[string]string{}
			}
			r.headers[name] = string(get(k))
		}
	}
	return r, err
}

func parseRecs(lines []reply) ([]rec, error) {
	var out []rec
	for _, l := range lines {
		if l.word != "rec" {
			continue
		}
		r, err := parseRec(l.values)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// id identifies the records of one test: every test record has its own key and value.
func (r rec) id() string { return fmt.Sprintf("%x/%x/%t", r.key, r.value, r.value == nil) }

func (r rec) String() string {
	short := func(b []byte) string {
		if b == nil {
			return "null"
		}
		return strconv.Quote(string(b[:min(len(b), 24)]))
	}
	return fmt.Sprintf("%s=%s (%d bytes) at %d:%d", short(r.key), short(r.value), len(r.value), r.partition, r.offset)
}

// compare checks that got holds exactly the records of want, that equal keys are in order, and that
// every key is in one partition.
func compare(want, got []rec) error {
	left := map[string]int{}
	for _, w := range want {
		left[w.id()]++
	}
	home := map[string]int{}
	next := map[int]int64{}
	for _, g := range got {
		if left[g.id()]--; left[g.id()] < 0 {
			return fmt.Errorf("a record that was not sent, or sent once and read twice: %v", g)
		}
		if p, ok := home[string(g.key)]; ok && p != g.partition && g.key != nil {
			return fmt.Errorf("key %q is in partitions %d and %d", g.key, p, g.partition)
		}
		home[string(g.key)] = g.partition
		if g.offset < next[g.partition] {
			return fmt.Errorf("offset %d of partition %d came after offset %d", g.offset, g.partition, next[g.partition]-1)
		}
		next[g.partition] = g.offset + 1
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d records sent, %d read", len(want), len(got))
	}
	return nil
}

// compareHeaders checks that the records got have the headers that were sent.
func compareHeaders(want, got []rec) error {
	sent := map[string]map[string]string{}
	for _, w := range want {
		sent[w.id()] = w.headers
	}
	for _, g := range got {
		if !maps.Equal(sent[g.id()], g.headers) {
			return fmt.Errorf("headers %q became %q", sent[g.id()], g.headers)
		}
	}
	return nil
}
