package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

func runAPIVersions(e *tool.Env) int {
	p := opt.New("This tool helps to retrieve broker version information.")
	flags := client.AddFlags(p)
	set, err := e.Parse(p, false)
	if err != nil {
		return e.Refuse(err)
	}
	if _, ok := flags.Server(client.Quiet(e), set); !ok {
		return e.Refuse(p.Require(set, flags.Bootstrap))
	}
	conn, err := flags.Options(e, set)
	if err != nil {
		return e.Refuse(err)
	}
	cl, err := client.New(e, conn)
	if err != nil {
		return e.Refuse(err)
	}
	defer cl.Close()
	return e.Fail(apiVersions(e, cl))
}

func apiVersions(e *tool.Env, cl *client.Client) error {
	md, err := client.Metadata(e.Ctx(), cl, []string{})
	err = client.Unreachable("findAllBrokers", err)
	if client.NoBroker(err) && !e.Native() {
		return fmt.Errorf("Request METADATA failed on brokers [%s]", strings.Join(bootstrapNodes(cl), ", "))
	}
	if err != nil {
		return err
	}
	slices.SortFunc(md.Brokers, func(a, b kmsg.MetadataResponseBroker) int { return int(a.NodeID) - int(b.NodeID) })
	for _, b := range md.Brokers {
		node := fmt.Sprintf("%s:%d (id: %d rack: %s isFenced: false)", b.Host, b.Port, b.NodeID, rack(b.Rack))
		req := kmsg.NewPtrApiVersionsRequest()
		req.ClientSoftwareName, req.ClientSoftwareVersion = "gregor", "1"
		resp, err := client.AskBroker(e.Ctx(), cl, b.NodeID, req)
		if err == nil {
			err = client.Err(resp.ErrorCode, nil)
		}
		if err != nil {
			e.Print("%s -> ERROR: %v\n", node, err)
			continue
		}
		e.Print("%s -> %s\n", node, versionTable(resp))
	}
	return nil
}

// versionTable lists the APIs that the broker serves or that clients know, by key. "usable" is the
// newest version that both sides speak.
func versionTable(resp *kmsg.ApiVersionsResponse) string {
	served := map[int16]kmsg.ApiVersionsResponseApiKey{}
	keys := map[int16]bool{}
	for _, k := range resp.ApiKeys {
		served[k.ApiKey] = k
		keys[k.ApiKey] = true
	}
	for _, api := range protocol.APIs() {
		if !api.ClusterAction {
			keys[api.Key] = true
		}
	}
	order := make([]int16, 0, len(keys))
	for k := range keys {
		order = append(order, k)
	}
	slices.Sort(order)
	lines := make([]string, 0, len(order))
	for _, key := range order {
		lines = append(lines, "\t"+versionLine(key, served))
	}
	return "(\n" + strings.Join(lines, ",\n") + "\n)"
}

func versionLine(key int16, served map[int16]kmsg.ApiVersionsResponseApiKey) string {
	api, known := protocol.LookupAPI(key)
	k, ok := served[key]
	name := api.Name
	if !known {
		name = "UNKNOWN"
	}
	if !ok {
		return fmt.Sprintf("%s(%d): UNSUPPORTED", name, key)
	}
	span := fmt.Sprintf("%d to %d", k.MinVersion, k.MaxVersion)
	if k.MinVersion == k.MaxVersion {
		span = fmt.Sprint(k.MinVersion)
	}
	if !known {
		return fmt.Sprintf("%s(%d): %s", name, key, span)
	}
	usable := "unusable: node too new"
	switch best := min(api.MaxStable, k.MaxVersion); {
	case k.MaxVersion < api.MinVersion:
		usable = "unusable: node too old"
	case best >= k.MinVersion:
		usable = fmt.Sprintf("usable: %d", best)
	}
	return fmt.Sprintf("%s(%d): %s [%s]", name, key, span, usable)
}

// bootstrapNodes names the bootstrap servers as Kafka does before it knows the brokers.
func bootstrapNodes(cl *client.Client) (nodes []string) {
	for i, address := range cl.OptValue(kgo.SeedBrokers).([]string) {
		nodes = append(nodes, fmt.Sprintf("%s (id: %d rack: null isFenced: false)", address, -1-i))
	}
	return nodes
}
