package metadata

import (
	"cmp"
	"iter"
)

// Config resource types (org.apache.kafka.common.config.ConfigResource.Type).
const (
	ResourceTopic         int8 = 2
	ResourceBroker        int8 = 4
	ResourceBrokerLogger  int8 = 8
	ResourceClientMetrics int8 = 16
	ResourceGroup         int8 = 32
)

// Resource is the owner of configs. The broker resource named "" holds the cluster-wide broker
// defaults.
type Resource struct {
	Type int8
	Name string
}

func compareResource(a, b Resource) int {
	if c := cmp.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	return cmp.Compare(a.Name, b.Name)
}

// Configs returns the configs that are set on one resource. It is nil when there are none. The map
// is read-only.
func (m *Image) Configs(resourceType int8, name string) map[string]string {
	c, _ := m.configs.Get(Resource{resourceType, name})
	return c
}

// ConfigResources yields every resource that has configs, in ascending order of type and name.
func (m *Image) ConfigResources() iter.Seq2[Resource, map[string]string] { return m.configs.All() }
