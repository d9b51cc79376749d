package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

func runLogDirs(e *tool.Env) int {
	p := opt.New("This tool helps to query log directory usage on the specified brokers.")
	server := p.String("bootstrap-server", "The server(s) to use for bootstrapping", "REQUIRED: the cluster, HOST:PORT[,HOST:PORT...].")
	config := p.String("command-config", "Admin client property file", "A file of client properties.")
	describe := p.Flag("describe", "Show log directories.")
	topics := p.String("topic-list", "Topic list", "Topics with commas between; all if left out.").Default("")
	brokers := p.String("broker-list", "Broker list", "Numbers of brokers with commas between; all if left out.").Default("")
	set, err := e.Parse(p, false)
	if err != nil {
		return e.Refuse(err)
	}
	if e.Native() && !set.Has(server) {
		set.Replace(server, client.DefaultBootstrap(e))
	}
	if err := p.Require(set, server, describe); err != nil {
		return e.Refuse(err)
	}
	if err := set.Check(server, config, topics, brokers); err != nil {
		return e.Refuse(err)
	}
	conn := client.Options{Bootstrap: set.String(server), Props: client.Props{}, ClientID: "log-dirs-tool"}
	if set.Has(config) {
		if conn.Props, err = client.ReadProps(set.String(config)); err != nil {
			return e.Refuse(err)
		}
	}
	ids, err := brokerIDs(set.String(brokers))
	if err != nil {
		return e.Refuse(err)
	}
	cl, err := client.New(e, conn)
	if err != nil {
		return e.Refuse(err)
	}
	defer cl.Close()
	return e.Fail(logDirs(e, cl, ids, words(set.String(topics))))
}

func words(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ","), func(s string) bool { return s == "" })
}

func brokerIDs(list string) (ids []int32, err error) {
	for _, w := range words(list) {
		n, err := strconv.ParseInt(w, 10, 32)
		if err != nil {
			return nil, opt.Worded(fmt.Errorf("For input string: %q", w), "--broker-list %s: the form is 1,2,3, the ids of brokers", list)
		}
		ids = append(ids, int32(n))
	}
	return ids, nil
}

func commas(ids []int32) string {
	slices.Sort(ids)
	var s []string
	for _, id := range ids {
		s = append(s, fmt.Sprint(id))
	}
	return strings.Join(s, ",")
}

func logDirs(e *tool.Env, cl *client.Client, ids []int32, topics []string) error {
	md, err := client.Metadata(e.Ctx(), cl, []string{})
	if err != nil {
		return client.Unreachable("listNodes", err)
	}
	var all, unknown []int32
	for _, b := range md.Brokers {
		all = append(all, b.NodeID)
	}
	for _, id := range ids {
		if !slices.Contains(all, id) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		if e.Native() {
			return fmt.Errorf("--broker-list %s: there are no such brokers; the brokers are %s", commas(unknown), commas(all))
		}
		return fmt.Errorf("ERROR: The given brokers do not exist from --broker-list: %s. Current existent brokers: %s", commas(unknown), commas(all))
	}
	if len(ids) == 0 {
		ids = all
	}
	e.Print("Querying brokers for log directories information\n")
	slices.Sort(ids)
	out := dirsOutput{Brokers: []brokerDirs{}, Version: 1}
	for _, id := range ids {
		b := brokerDirs{Broker: id}
		if b.LogDirs, err = describeDirs(e, cl, id, topics); err != nil {
			return err
		}
		out.Brokers = append(out.Brokers, b)
	}
	e.Print("Received log directory information from brokers %s\n", commas(ids))
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	e.Print("%s\n", text)
	return nil
}

// dirsOutput is the JSON that kafka-log-dirs prints.
type dirsOutput struct {
	Brokers []brokerDirs `json:"brokers"`
	Version int          `json:"version"`
}

type brokerDirs struct {
	Broker  int32 `json:"broker"`
	LogDirs []dir `json:"logDirs"`
}

type dir struct {
	Partitions []replica `json:"partitions"`
	Error      *string   `json:"error"`
	LogDir     string    `json:"logDir"`
}

type replica struct {
	Partition string `json:"partition"`
	Size      int64  `json:"size"`
	OffsetLag int64  `json:"offsetLag"`
	IsFuture  bool   `json:"isFuture"`
	topic     string
	index     int32
}

func describeDirs(e *tool.Env, cl *client.Client, id int32, topics []string) ([]dir, error) {
	resp, err := client.AskBroker(e.Ctx(), cl, id, kmsg.NewPtrDescribeLogDirsRequest())
	if err != nil {
		return nil, client.Unreachable("describeLogDirs", err)
	}
	if err := client.Err(resp.ErrorCode, nil); err != nil {
		return nil, err
	}
	var dirs []dir
	for _, d := range resp.Dirs {
		out := dir{LogDir: d.Dir, Partitions: []replica{}}
		if d.ErrorCode != 0 {
			name := client.JavaClass(protocol.Error(d.ErrorCode))
			if e.Native() {
				name = protocol.Error(d.ErrorCode).Name()
			}
			out.Error = &name
		}
		for _, t := range d.Topics {
			if len(topics) > 0 && !slices.Contains(topics, t.Topic) {
				continue
			}
			for _, p := range t.Partitions {
				out.Partitions = append(out.Partitions, replica{
					Partition: fmt.Sprintf("%s-%d", t.Topic, p.Partition), Size: p.Size, OffsetLag: p.OffsetLag, IsFuture: p.IsFuture,
					topic: t.Topic, index: p.Partition,
				})
			}
		}
		slices.SortFunc(out.Partitions, func(a, b replica) int {
			return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.index, b.index))
		})
		dirs = append(dirs, out)
	}
	slices.SortFunc(dirs, func(a, b dir) int { return cmp.Compare(a.LogDir, b.LogDir) })
	return dirs, nil
}
