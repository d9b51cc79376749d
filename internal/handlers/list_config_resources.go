package handlers

// ListConfigResources (key 74), versions 0-1.
//
// KIP-714 as ListClientMetricsResources in v0; v1 (KIP-1142) lists topics, brokers, loggers, client
// metrics subscriptions and groups with configs, all kinds when none is named.

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// configResourceTypes are the kinds of resources, in the order in which Kafka lists them.
var configResourceTypes = []int8{metadata.ResourceGroup, metadata.ResourceClientMetrics, metadata.ResourceBrokerLogger, metadata.ResourceBroker, metadata.ResourceTopic}

var _ = declare(func(e Engines) API { return ListConfigResources(e.Images) })

// ListConfigResources makes the API.
func ListConfigResources(images ImageSource) API {
	return NewAPI(0, 1, func(c *Ctx, req *protocol.ListConfigResourcesRequest) {
		resp := protocol.New[protocol.ListConfigResourcesResponse]()
		types := req.ResourceTypes
		switch {
		case c.Version() == 0:
			types = []int8{metadata.ResourceClientMetrics}
		case len(types) == 0:
			types = configResourceTypes
		}
		for _, t := range types {
			if !slices.Contains(configResourceTypes, t) {
				resp.ErrorCode = protocol.ErrUnsupportedVersion.Code()
				c.Respond(resp)
				return
			}
		}
		image := images.Image()
		for _, t := range configResourceTypes {
			if !slices.Contains(types, t) {
				continue
			}
			for _, name := range resourceNames(image, t) {
				resp.ConfigResources = append(resp.ConfigResources, protocol.ListConfigResourcesResponseConfigResource{ResourceName: name, ResourceType: t})
			}
		}
		c.Respond(resp)
	})
}

func resourceNames(image *metadata.Image, resourceType int8) []string {
	var names []string
	switch resourceType {
	case metadata.ResourceTopic:
		for t := range image.Topics().All() {
			names = append(names, t.Name)
		}
	case metadata.ResourceBroker, metadata.ResourceBrokerLogger:
		var ids []int32
		for b := range image.Brokers() {
			if !b.Fenced {
				ids = append(ids, b.ID)
			}
		}
		slices.SortFunc(ids, cmp.Compare)
		for _, id := range ids {
			names = append(names, strconv.Itoa(int(id)))
		}
	default:
		for r := range image.ConfigResources() {
			if r.Type == resourceType {
				names = append(names, r.Name)
			}
		}
	}
	return names
}
