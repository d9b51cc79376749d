package client

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// AlterConfigs sets and deletes settings of one resource in one request.
func AlterConfigs(ctx context.Context, cl *Client, typ kmsg.ConfigResourceType, name string, set map[string]string, remove []string) error {
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = typ, name
	add := func(key string, op kmsg.IncrementalAlterConfigOp, value string) {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Op, c.Value = key, op, kmsg.StringPtr(value)
		r.Configs = append(r.Configs, c)
	}
	for _, k := range slices.Sorted(maps.Keys(set)) {
		add(k, kmsg.IncrementalAlterConfigOpSet, set[k])
	}
	for _, k := range remove {
		add(k, kmsg.IncrementalAlterConfigOpDelete, "")
	}
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Resources = append(req.Resources, r)
	resp, err := Ask(ctx, cl, req)
	if err != nil {
		return Unreachable("incrementalAlterConfigs", err)
	}
	for _, r := range resp.Resources {
		if err := Err(r.ErrorCode, r.ErrorMessage); err != nil {
			return err
		}
	}
	return nil
}

// DescribeConfigs returns the settings of one resource, sorted by name; all of them without names.
func DescribeConfigs(ctx context.Context, cl *Client, typ kmsg.ConfigResourceType, name string, names ...string) ([]kmsg.DescribeConfigsResponseResourceConfig, error) {
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.IncludeSynonyms = true
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName, r.ConfigNames = typ, name, names
	req.Resources = append(req.Resources, r)
	resp, err := Ask(ctx, cl, req)
	if err != nil {
		return nil, Unreachable("describeConfigs", err)
	}
	var all []kmsg.DescribeConfigsResponseResourceConfig
	for _, r := range resp.Resources {
		if err := Err(r.ErrorCode, r.ErrorMessage); err != nil {
			return nil, err
		}
		all = append(all, r.Configs...)
	}
	slices.SortFunc(all, func(a, b kmsg.DescribeConfigsResponseResourceConfig) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// CheckRemoved refuses names that a resource has no setting of. Brokers, as Kafka's, accept any
// name for a removal. kind is the resource's type in messages.
func CheckRemoved(ctx context.Context, cl *Client, typ kmsg.ConfigResourceType, kind, name string, remove []string) error {
	if len(remove) == 0 {
		return nil
	}
	configs, err := DescribeConfigs(ctx, cl, typ, name)
	if err != nil {
		return err
	}
	var known []string
	for _, k := range configs {
		known = append(known, k.Name)
	}
	for _, name := range remove {
		if slices.Contains(known, name) {
			continue
		}
		if near := opt.Nearest(name, known); near != "" {
			return &UnknownSetting{kind + " has no setting " + name + "; did you mean " + near + "?"}
		}
		return &UnknownSetting{kind + " has no setting " + name}
	}
	return nil
}

// UnknownSetting is the error of a name that no setting has.
type UnknownSetting struct{ text string }

func (e *UnknownSetting) Error() string { return "a " + e.text }
