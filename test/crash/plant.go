package main

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// plants are the faults that this test must find. Each function breaks the data directory of a
// killed broker.
var plants = map[string]func(data string) (string, error){
	"lose-tail":       func(data string) (string, error) { return cutTail(data, "small-*") },
	"repeat-batch":    repeatBatch,
	"forget-commits":  func(data string) (string, error) { return cutTail(data, "__consumer_offsets-*") },
	"forget-metadata": func(data string) (string, error) { return cutTail(data, "__cluster_metadata-0") },
	"lose-keys":       func(data string) (string, error) { return cutTail(data, "keyed-*") },
	"skip-read":       func(string) (string, error) { return "the reader leaves one record out", nil },
}

func plantNames() string { return strings.Join(slices.Sorted(maps.Keys(plants)), ", ") }

func (h *harness) plant() error {
	what, err := plants[h.o.plant](filepath.Join(h.o.dir, "data"))
	h.story.add("planted %s: %s", h.o.plant, what)
	return err
}

// newestLogs returns the last segment of each directory that matches.
func newestLogs(data, pattern string) ([]string, error) {
	dirs, err := filepath.Glob(filepath.Join(data, pattern))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range dirs {
		logs, err := filepath.Glob(filepath.Join(d, "*.log"))
		if err != nil {
			return nil, err
		}
		slices.Sort(logs)
		for _, l := range slices.Backward(logs) {
			if st, err := os.Stat(l); err == nil && st.Size() > 0 {
				out = append(out, l)
				break
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no log matches %s", pattern)
	}
	return out, nil
}

// batches returns the positions of the batches of a segment, and the end of the last one.
func batches(b []byte) (at []int) {
	pos := 0
	for pos+12 <= len(b) {
		n := 12 + int(binary.BigEndian.Uint32(b[pos+8:]))
		if pos+n > len(b) {
			break
		}
		at = append(at, pos)
		pos += n
	}
	return append(at, pos)
}

// cutTail removes the later half of the last segment.
func cutTail(data, pattern string) (string, error) {
	logs, err := newestLogs(data, pattern)
	var told []string
	for _, l := range logs {
		b, err := os.ReadFile(l)
		if err != nil {
			return "", err
		}
		at := batches(b)
		cut := at[(len(at)-1)/2]
		if err := os.Truncate(l, int64(cut)); err != nil {
			return "", err
		}
		told = append(told, fmt.Sprintf("%s cut from %d to %d bytes", l, len(b), cut))
	}
	return strings.Join(told, "; "), err
}

// repeatBatch appends a copy of a log's last batch under the next offsets.
func repeatBatch(data string) (string, error) {
	logs, err := newestLogs(data, "plain-*")
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(logs[0])
	if err != nil {
		return "", err
	}
	at := batches(b)
	if len(at) < 2 {
		return "", fmt.Errorf("%s has no batch", logs[0])
	}
	last := slices.Clone(b[at[len(at)-2]:at[len(at)-1]])
	base := binary.BigEndian.Uint64(last)
	binary.BigEndian.PutUint64(last, base+uint64(binary.BigEndian.Uint32(last[23:]))+1)
	b = append(b[:at[len(at)-1]], last...)
	return fmt.Sprintf("%s: the batch at offset %d twice", logs[0], base), os.WriteFile(logs[0], b, 0o644)
}
