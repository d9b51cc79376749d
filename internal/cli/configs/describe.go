package configs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/protocol"
)

func (c *command) describeConfigs() error {
	known, checked, err := c.known()
	if err != nil {
		return err
	}
	entities := known
	if c.named {
		entities = []string{c.entity}
		if checked && c.entity != "" && !slices.Contains(known, c.entity) {
			text := fmt.Sprintf("The %s '%s' doesn't exist and doesn't have dynamic config.", c.kind.singular(), c.entity)
			if c.native {
				return &argumentError{errors.New(text)}
			}
			c.env.Print("%s\n", text)
			return nil
		}
	} else if c.kind.name == "brokers" {
		entities = append(entities, "")
	}
	for _, entity := range entities {
		if err := c.show(entity); err != nil {
			return err
		}
	}
	return nil
}

// known lists the entities that exist or have settings, sorted. checked is false when the cluster
// cannot list settings.
func (c *command) known() (names []string, checked bool, err error) {
	if c.set.Has(c.controllers) {
		names, err := c.controllerIDs()
		return names, true, err
	}
	switch c.kind.name {
	case "topics", "brokers", "broker-loggers":
		md, err := client.Metadata(c.ctx, c.cl, nil)
		if err != nil {
			call := "listNodes"
			if c.kind.name == "topics" {
				call = "listTopics"
			}
			return nil, false, client.Unreachable(call, err)
		}
		if c.kind.name == "topics" {
			for _, t := range md.Topics {
				names = append(names, *t.Topic)
			}
			slices.Sort(names)
			return names, true, nil
		}
		slices.SortFunc(md.Brokers, func(a, b kmsg.MetadataResponseBroker) int { return int(a.NodeID) - int(b.NodeID) })
		for _, b := range md.Brokers {
			names = append(names, fmt.Sprint(b.NodeID))
		}
	case "groups":
		resp, err := client.Ask(c.ctx, c.cl, kmsg.NewPtrListGroupsRequest())
		if err != nil {
			return nil, false, client.Unreachable("listGroups", err)
		}
		for _, g := range resp.Groups {
			names = append(names, g.Group)
		}
	}
	with, checked, err := c.withSettings()
	for _, n := range with {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if c.kind.name == "groups" {
		slices.Sort(names)
	}
	return names, checked, err
}

// withSettings asks which entities of the kind have settings (KIP-1142).
func (c *command) withSettings() (names []string, ok bool, err error) {
	if ok, err = client.Supports(c.ctx, c.cl, kmsg.ListConfigResources.Int16()); err != nil || !ok {
		return nil, false, err
	}
	req := kmsg.NewPtrListConfigResourcesRequest()
	req.ResourceTypes = []int8{int8(c.kind.resource)}
	resp, err := client.Ask(c.ctx, c.cl, req)
	if err != nil {
		return nil, false, client.Unreachable("listConfigResources", err)
	}
	if resp.ErrorCode != 0 { // an older cluster lists clients' metrics only
		return nil, false, nil
	}
	for _, r := range resp.ConfigResources {
		names = append(names, r.Name)
	}
	return names, true, nil
}

// fetch returns all settings of an entity, sorted by name.
func (c *command) fetch(entity string) ([]kmsg.DescribeConfigsResponseResourceConfig, error) {
	return client.DescribeConfigs(c.ctx, c.cl, c.kind.resource, entity)
}

// show prints the settings of an entity.
func (c *command) show(entity string) error {
	configs, err := c.fetch(entity)
	if err != nil {
		return err
	}
	source := c.kind.source
	switch {
	case entity == "":
		source = dynamicDefault
		c.env.Print("Default configs for %s in the cluster are:\n", c.kind.name)
	case c.set.Has(c.all):
		c.env.Print("All configs for %s %s are:\n", c.kind.singular(), entity)
	default:
		c.env.Print("Dynamic configs for %s %s are:\n", c.kind.singular(), entity)
	}
	for _, k := range configs {
		if source == 0 || c.set.Has(c.all) || int8(k.Source) == source {
			c.line(&k)
		}
	}
	return nil
}

// sources are the names of where a value comes from, by DescribeConfigs' number.
var sources = []string{
	"UNKNOWN", "DYNAMIC_TOPIC_CONFIG", "DYNAMIC_BROKER_CONFIG", "DYNAMIC_DEFAULT_BROKER_CONFIG", "STATIC_BROKER_CONFIG",
	"DEFAULT_CONFIG", "DYNAMIC_BROKER_LOGGER_CONFIG", "DYNAMIC_CLIENT_METRICS_CONFIG", "DYNAMIC_GROUP_CONFIG",
}

func (c *command) line(k *kmsg.DescribeConfigsResponseResourceConfig) {
	synonyms := make([]string, 0, len(k.ConfigSynonyms))
	for _, s := range k.ConfigSynonyms {
		source := sources[0]
		if i := int(s.Source); i > 0 && i < len(sources) {
			source = sources[i]
		}
		synonyms = append(synonyms, fmt.Sprintf("%s:%s=%s", source, s.Name, orNull(s.Value)))
	}
	c.env.Print("  %s=%s sensitive=%v synonyms={%s}\n", k.Name, orNull(k.Value), k.IsSensitive, strings.Join(synonyms, ", "))
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// controllerIDs lists the nodes that --bootstrap-controller leads to. Kafka's clients read the
// settings of nodes from a controller, and no others.
func (c *command) controllerIDs() (ids []string, err error) {
	if c.kind.name != "brokers" && c.kind.name != "broker-loggers" {
		return nil, client.Err(protocol.ErrUnsupportedEndpointType.Code(), kmsg.StringPtr("This Admin API is not yet supported when communicating directly with the controller quorum."))
	}
	req := kmsg.NewPtrDescribeClusterRequest()
	req.EndpointType = 2 // controllers
	resp, err := client.Ask(c.ctx, c.cl, req)
	if err != nil {
		return nil, client.Unreachable("listNodes", err)
	}
	for _, b := range resp.Brokers {
		ids = append(ids, fmt.Sprint(b.NodeID))
	}
	slices.Sort(ids)
	return ids, client.Err(resp.ErrorCode, resp.ErrorMessage)
}
