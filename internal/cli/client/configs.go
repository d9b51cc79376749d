package client

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
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
