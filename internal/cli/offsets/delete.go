package offsets

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/javaorder"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// DeleteTool is kafka-delete-records.
var DeleteTool = tool.Tool{
	Name: "kafka-delete-records", Noun: "delete-records",
	Summary: "Delete the records of partitions below an offset.",
	Run:     runDelete,
}

func runDelete(e *tool.Env) int {
	p := opt.New("This tool helps to delete records of the given partitions down to the specified offset.")
	flags := client.AddFlags(p)
	file := p.String("offset-json-file", "Offset json file path",
		`REQUIRED: a file of {"partitions": [{"topic": "foo", "partition": 1, "offset": 1}], "version": 1}; offset -1 is the end.`)
	set, err := e.Parse(p, false)
	if err != nil {
		return e.Fail(err)
	}
	if _, ok := flags.Server(client.Quiet(e), set); !ok {
		return e.Fail(p.Require(set, flags.Bootstrap))
	}
	if err := p.Require(set, file); err != nil {
		return e.Fail(err)
	}
	conn, err := flags.Options(e, set)
	if err != nil {
		return e.Fail(err)
	}
	return e.Fail(deleteRecords(e, conn, set.String(file)))
}

func deleteRecords(e *tool.Env, conn client.Options, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("Unable to read file %s", file)
	}
	order, offsets, err := parseOffsets(text)
	if err != nil {
		return err
	}
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
	e.Print("Executing records delete operation\n")
	resp, err := req.RequestWith(e.Ctx(), cl)
	if err != nil {
		return client.Unreachable("deleteRecords", err)
	}
	e.Print("Records delete operation completed:\n")
	results := map[partition]string{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			line := fmt.Sprintf("low_watermark: %d", p.LowWatermark)
			if p.ErrorCode != 0 {
				line = "error: " + client.JavaError(p.ErrorCode, nil)
			}
			results[partition{t.Topic, p.Partition}] = line
		}
	}
	for _, tp := range order {
		e.Print("partition: %s\t%s\n", tp, results[tp])
	}
	return nil
}

// offsetFile is the JSON of --offset-json-file; pointers tell what is missing.
type offsetFile struct {
	Version    *int `json:"version"`
	Partitions *[]struct {
		Topic     *string `json:"topic"`
		Partition *int32  `json:"partition"`
		Offset    *int64  `json:"offset"`
	} `json:"partitions"`
}

// parseOffsets reads the file; order is that in which Kafka's tool prints the results.
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
	return javaorder.By(order, 0, func(p partition) int32 { return javaorder.Partition(p.topic, p.number) }), offsets, nil
}
