package offsets

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

func runDelete(e *tool.Env) int {
	p := opt.New("This tool helps to delete records of the given partitions down to the specified offset.")
	flags := client.AddFlags(p)
	file := p.String("offset-json-file", "Offset json file path",
		`REQUIRED: a file of {"partitions": [{"topic": "foo", "partition": 1, "offset": 1}], "version": 1}; offset -1 is the end.`)
	below := p.String("below", "TOPIC:PARTITION:OFFSET", "Delete the records of the partition below this offset.").Old()
	set, err := e.Parse(p, false)
	if err != nil {
		return e.Refuse(err)
	}
	if _, ok := flags.Server(client.Quiet(e), set); !ok {
		return e.Refuse(p.Require(set, flags.Bootstrap))
	}
	if e.Native() {
		if err := p.ExactlyOne(set, below, file); err != nil {
			return e.Refuse(err)
		}
	}
	if !set.Has(below) {
		if err := p.Require(set, file); err != nil {
			return e.Refuse(err)
		}
	}
	conn, err := flags.Options(e, set)
	if err != nil {
		return e.Refuse(err)
	}
	if err := set.Check(file); err != nil {
		return e.Refuse(err)
	}
	var order []partition
	var offsets map[partition]int64
	if set.Has(below) {
		order, offsets, err = parseOperands(set.Strings(below))
	} else {
		order, offsets, err = readOffsets(set.String(file))
	}
	if err != nil {
		return e.Refuse(err)
	}
	return e.Fail(deleteRecords(e, conn, order, offsets))
}

func readOffsets(file string) ([]partition, map[partition]int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("Unable to read file %s", file)
	}
	return parseOffsets(text)
}

// parseOperands reads TOPIC:PARTITION:OFFSET, the form in which offsets get prints.
func parseOperands(args []string) (order []partition, offsets map[partition]int64, err error) {
	offsets = map[partition]int64{}
	for _, arg := range args {
		words := strings.Split(arg, ":")
		if len(words) != 3 {
			return nil, nil, opt.Errorf("%s is not TOPIC:PARTITION:OFFSET", arg)
		}
		p, err1 := strconv.ParseInt(words[1], 10, 32)
		at, err2 := strconv.ParseInt(words[2], 10, 64)
		if err1 != nil || err2 != nil || p < 0 || at < -1 {
			return nil, nil, opt.Errorf("%s is not TOPIC:PARTITION:OFFSET with a partition and an offset, or -1 for the end", arg)
		}
		tp := partition{words[0], int32(p)}
		if _, twice := offsets[tp]; twice {
			return nil, nil, opt.Errorf("%s is given twice", tp)
		}
		offsets[tp] = at
		order = append(order, tp)
	}
	slices.SortFunc(order, comparePartitions)
	return order, offsets, nil
}

func deleteRecords(e *tool.Env, conn client.Options, order []partition, offsets map[partition]int64) error {
	cl, err := client.New(e, conn)
	if err != nil {
		return err
	}
	defer cl.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 30_000
	for _, tp := range order {
		rt := kmsg.NewDeleteRecordsRequestTopic()
		rt.Topic = tp.topic
		rp := kmsg.NewDeleteRecordsRequestTopicPartition()
		rp.Partition, rp.Offset = tp.number, offsets[tp]
		rt.Partitions = append(rt.Partitions, rp)
		req.Topics = append(req.Topics, rt)
	}
	if e.Native() {
		if err := checkExist(e, cl, order); err != nil {
			return err
		}
	}
	e.Print("Executing records delete operation\n")
	results, err := askDelete(e, cl, req)
	if err != nil {
		return client.Unreachable("deleteRecords", err)
	}
	e.Print("Records delete operation completed:\n")
	failed := false
	for _, tp := range order {
		r := results[tp]
		if r.err == nil {
			e.Print("partition: %s\tlow_watermark: %d\n", tp, r.low)
			continue
		}
		failed = true
		e.Print("partition: %s\terror: %s\n", tp, e.Message(r.err))
	}
	if failed && e.Native() {
		return tool.Exit(1)
	}
	return nil
}

// deleted is the outcome for a partition.
type deleted struct {
	low int64 // the first offset that is left
	err error
}

// askDelete returns the outcome for each partition of the request. The error means that no broker
// answered anything. Kafka's tool waits for partitions that do not exist for
// default.api.timeout.ms, and prints that time.
func askDelete(e *tool.Env, cl *client.Client, req *kmsg.DeleteRecordsRequest) (map[partition]deleted, error) {
	results := map[partition]deleted{}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			results[partition{t.Topic, p.Partition}] = deleted{err: client.Err(int16(protocol.ErrUnknownTopicOrPartition), nil)}
		}
	}
	var none error
	answered := false
	for _, s := range client.AskSharded(e.Ctx(), cl, req) {
		var code *kerr.Error
		coded := errors.As(s.Err, &code)
		answered = answered || s.Err == nil || coded || client.NotBroker(s.Err) && !e.Native()
		if s.Err == nil {
			for _, t := range s.Resp.(*kmsg.DeleteRecordsResponse).Topics {
				for _, p := range t.Partitions {
					results[partition{t.Topic, p.Partition}] = deleted{p.LowWatermark, client.Err(p.ErrorCode, nil)}
				}
			}
			continue
		}
		err := client.Unreachable("deleteRecords", s.Err)
		if none == nil && !coded {
			none = s.Err
		}
		if part, ok := s.Req.(*kmsg.DeleteRecordsRequest); ok {
			for _, t := range part.Topics {
				for _, p := range t.Partitions {
					results[partition{t.Topic, p.Partition}] = deleted{err: err}
				}
			}
		}
	}
	if !answered {
		return nil, none
	}
	return results, nil
}

// checkExist refuses partitions that do not exist, by their names.
func checkExist(e *tool.Env, cl *client.Client, order []partition) error {
	var names []string
	for _, tp := range order {
		if !slices.Contains(names, tp.topic) {
			names = append(names, tp.topic)
		}
	}
	md, err := client.Metadata(e.Ctx(), cl, names)
	if err != nil {
		return client.Unreachable("listTopics", err)
	}
	counts := map[string]int{}
	for _, t := range md.Topics {
		err := client.Err(t.ErrorCode, nil)
		if err != nil && !errors.Is(err, protocol.ErrUnknownTopicOrPartition) {
			return fmt.Errorf("%s: %w", *t.Topic, err)
		}
		counts[*t.Topic] = len(t.Partitions)
	}
	for _, tp := range order {
		switch n := counts[tp.topic]; {
		case n == 0:
			return fmt.Errorf("The topic %s does not exist.", tp.topic)
		case int(tp.number) >= n:
			return fmt.Errorf("The topic %s has no partition %d, it has %d.", tp.topic, tp.number, n)
		}
	}
	return nil
}

// offsetFile is the JSON of --offset-json-file; nil pointers are missing fields.
type offsetFile struct {
	Version    *int `json:"version"`
	Partitions *[]struct {
		Topic     *string `json:"topic"`
		Partition *int32  `json:"partition"`
		Offset    *int64  `json:"offset"`
	} `json:"partitions"`
}

// parseOffsets reads the file and returns its partitions, sorted, and the offset of each.
func parseOffsets(text []byte) (order []partition, offsets map[partition]int64, err error) {
	var f offsetFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, nil, errors.New("The input string is not a valid JSON")
	}
	if f.Version != nil && *f.Version != 1 {
		return nil, nil, fmt.Errorf("Not supported version field value %d", *f.Version)
	}
	if f.Partitions == nil {
		return nil, nil, errors.New("Missing partitions field")
	}
	offsets = map[partition]int64{}
	var twice []string
	for _, p := range *f.Partitions {
		for name, missing := range map[string]bool{"topic": p.Topic == nil, "partition": p.Partition == nil, "offset": p.Offset == nil} {
			if missing {
				return nil, nil, fmt.Errorf("No such field exists: `%s`", name)
			}
		}
		tp := partition{*p.Topic, *p.Partition}
		if _, is := offsets[tp]; is {
			twice = append(twice, tp.String())
			continue
		}
		offsets[tp] = *p.Offset
		order = append(order, tp)
	}
	if len(twice) > 0 {
		return nil, nil, fmt.Errorf("Offset json file contains duplicate topic partitions: %s", strings.Join(twice, ","))
	}
	slices.SortFunc(order, comparePartitions)
	return order, offsets, nil
}
