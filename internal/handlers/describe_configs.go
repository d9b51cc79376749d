package handlers

// DescribeConfigs (key 32), versions 1-4.
//
// v1: synonyms. v3: types and documentation. v4: flexible. Lists defaults too. Broker configs are
// this node's only, or by the name "" the cluster-wide dynamic ones. A success carries an empty
// text, as Kafka 4 sends it.
//
// Deviation: an answer has at most about 100 MiB. Resources above it get INVALID_REQUEST. Apache
// Kafka has no bound: a request of a few hundred kilobytes, which repeats one resource, takes all
// its memory.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

// ConfigDescriber returns the configurations for DescribeConfigs.
type ConfigDescriber struct {
	Images ImageSource
	// Static is this node's configuration without the dynamic one, which is in the image.
	Static *config.Broker
	NodeID int32
	// Loggers may be nil.
	Loggers Loggers
}

var _ = declare(func(e Engines) API {
	return DescribeConfigs(ConfigDescriber{Images: e.Images, Static: e.Config, NodeID: e.NodeID, Loggers: e.Loggers})
})

// DescribeConfigs makes the API.
func DescribeConfigs(from ConfigDescriber) API {
	return NewAPI(1, 4, func(c *Ctx, req *protocol.DescribeConfigsRequest) {
		resp := protocol.New[protocol.DescribeConfigsResponse]()
		image := from.Images.Image()
		broker, _ := from.Static.With(image.Configs(metadata.ResourceBroker, ""), image.Configs(metadata.ResourceBroker, strconv.Itoa(int(from.NodeID))))
		left := newAllowance()
		told := map[metadata.Resource][]protocol.DescribeConfigsResponseResourceResult{}
		for i := range req.Resources {
			r := &req.Resources[i]
			out := protocol.DescribeConfigsResponseResult{ResourceType: r.ResourceType, ResourceName: r.ResourceName, ErrorMessage: new(string)}
			key := metadata.Resource{Type: r.ResourceType, Name: r.ResourceName}
			again, ok := told[key]
			switch f := (*refusal)(nil); {
			case !left.take(0):
				out.ErrorCode, out.ErrorMessage = tooMuch.Code(), &tooMuchText
			case ok && len(r.ConfigurationKeys) == 0:
				out.Configs = again
			default:
				if out.Configs, f = from.describe(image, broker, r, req); f != nil {
					out.ErrorCode, out.ErrorMessage = f.code.Code(), &f.text
				} else if len(r.ConfigurationKeys) == 0 {
					told[key] = out.Configs
				}
			}
			for j := range out.Configs {
				left.take(describedSize(&out.Configs[j]))
			}
			resp.Results = append(resp.Results, out)
		}
		c.Respond(resp)
	})
}

func (d *ConfigDescriber) describe(image *metadata.Image, broker *config.Values, r *protocol.DescribeConfigsRequestResource,
	req *protocol.DescribeConfigsRequest) (out []protocol.DescribeConfigsResponseResourceResult, f *refusal) {
	entries, f := d.entries(image, broker, r)
	for j := range entries {
		out = append(out, describedConfig(&entries[j], req))
	}
	return out, f
}

func (d *ConfigDescriber) entries(image *metadata.Image, broker *config.Values, r *protocol.DescribeConfigsRequestResource) ([]config.Entry, *refusal) {
	names := r.ConfigurationKeys
	if len(names) == 0 {
		names = nil
	}
	switch r.ResourceType {
	case metadata.ResourceTopic:
		if problem := topicname.Problem(r.ResourceName); problem != "" {
			return nil, &refusal{protocol.ErrInvalidTopicException, problem}
		}
		if image.Topics().ByName(r.ResourceName) == nil {
			return nil, &refusal{protocol.ErrUnknownTopicOrPartition, ""}
		}
		return config.DescribeTopic(broker, image.Configs(r.ResourceType, r.ResourceName), names), nil
	case metadata.ResourceBroker:
		if r.ResourceName == "" {
			return broker.DescribeDefault(names), nil
		}
		if f := d.checkNode(r.ResourceName, "Unexpected broker id, expected %d or empty string, but received %d"); f != nil {
			return nil, f
		}
		return broker.Describe(names), nil
	case metadata.ResourceBrokerLogger:
		if r.ResourceName == "" {
			return nil, invalidRequest("Broker id must not be empty")
		}
		if f := d.checkNode(r.ResourceName, "Unexpected broker id, expected %d but received %d"); f != nil {
			return nil, f
		}
		return d.loggers(names), nil
	case metadata.ResourceClientMetrics:
		if r.ResourceName == "" {
			return nil, invalidRequest("Client metrics subscription name must not be empty")
		}
		return controller.DescribeClientMetrics(image.Configs(r.ResourceType, r.ResourceName), names), nil
	case metadata.ResourceGroup:
		if r.ResourceName == "" {
			return nil, invalidRequest("Group name must not be empty")
		}
		return config.DescribeGroup(broker, image.Configs(r.ResourceType, r.ResourceName), names), nil
	}
	return nil, &refusal{protocol.ErrInvalidRequest, protocol.ErrInvalidRequest.Message()}
}

func (d *ConfigDescriber) checkNode(name, unexpected string) *refusal {
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return invalidRequest("Broker id must be an integer, but it is: %s", name)
	}
	if int32(id) != d.NodeID {
		return invalidRequest("%s", fmt.Sprintf(unexpected, d.NodeID, id))
	}
	return nil
}

func (d *ConfigDescriber) loggers(names []string) []config.Entry {
	if d.Loggers == nil {
		return nil
	}
	var out []config.Entry
	for name, level := range d.Loggers.Levels() { // any order: sorted below
		if names == nil || slices.Contains(names, name) {
			out = append(out, config.Entry{Name: name, Value: &level, Source: config.DynamicBrokerLogger})
		}
	}
	slices.SortFunc(out, func(a, b config.Entry) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func describedConfig(e *config.Entry, req *protocol.DescribeConfigsRequest) protocol.DescribeConfigsResponseResourceResult {
	out := protocol.DescribeConfigsResponseResourceResult{
		Name: e.Name, Value: e.Value, ReadOnly: e.ReadOnly, ConfigSource: int8(e.Source), IsSensitive: e.Sensitive, ConfigType: int8(e.Type),
	}
	if req.IncludeSynonyms {
		for _, s := range e.Synonyms {
			out.Synonyms = append(out.Synonyms, protocol.DescribeConfigsResponseSynonym{Name: s.Name, Value: s.Value, Source: int8(s.Source)})
		}
	}
	if req.IncludeDocumentation {
		out.Documentation = &e.Doc
	}
	return out
}

// describedSize is about how many bytes a config takes in an answer.
func describedSize(c *protocol.DescribeConfigsResponseResourceResult) int {
	n := 16 + len(c.Name)
	if c.Value != nil {
		n += len(*c.Value)
	}
	if c.Documentation != nil {
		n += len(*c.Documentation)
	}
	for i := range c.Synonyms {
		n += 8 + len(c.Synonyms[i].Name)
		if v := c.Synonyms[i].Value; v != nil {
			n += len(*v)
		}
	}
	return n
}
