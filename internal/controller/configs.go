package controller

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/topicname"
)

// AlterConfigs replaces all configs of resources.
var AlterConfigs = declare(API[*protocol.AlterConfigsRequest, *protocol.AlterConfigsResponse]{
	decide:    (*Core).alterConfigs,
	fail:      failAlterConfigs,
	published: true,
})

// IncrementalAlterConfigs changes single configs of resources.
var IncrementalAlterConfigs = declare(API[*protocol.IncrementalAlterConfigsRequest, *protocol.IncrementalAlterConfigsResponse]{
	decide:    (*Core).incrementalAlterConfigs,
	fail:      failIncrementalAlterConfigs,
	published: true,
})

const minInsyncReplicas = "min.insync.replicas"

// configValueMax is the length in bytes of the longest value that a ConfigRecord may carry
// (Short.MAX_VALUE).
const configValueMax = 32767

// incrementalAlterConfigs answers IncrementalAlterConfigs, versions 0-1 (KIP-339). Each resource
// succeeds or fails alone, with all its operations. A resource that the request names twice fails
// with all its occurrences. A value that does not change gets no record.
func (c *Core) incrementalAlterConfigs(e Env, _ Request, r *protocol.IncrementalAlterConfigsRequest) ([]Record, *protocol.IncrementalAlterConfigsResponse) {
	resp := protocol.New[protocol.IncrementalAlterConfigsResponse]()
	var all []Record
	named := make(map[metadata.Resource]int, len(r.Resources))
	for i := range r.Resources {
		named[metadata.Resource{Type: r.Resources[i].ResourceType, Name: r.Resources[i].ResourceName}]++
	}
	for i := range r.Resources {
		in := &r.Resources[i]
		res := metadata.Resource{Type: in.ResourceType, Name: in.ResourceName}
		ops := make([]config.AlterOp, len(in.Configs))
		for j, o := range in.Configs {
			ops[j] = config.AlterOp{Name: o.Name, Op: config.Op(o.ConfigOperation), Value: o.Value}
		}
		records, f := c.alterResource(e.Image, res, named[res] > 1, ops, false)
		if !r.ValidateOnly {
			all = append(all, records...)
		}
		resp.Responses = append(resp.Responses, protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse{
			ErrorCode: f.code.Code(), ErrorMessage: f.message(), ResourceType: res.Type, ResourceName: res.Name})
	}
	return all, resp
}

// alterConfigs answers AlterConfigs, versions 0-2 (KIP-133). Keys that the request does not name go
// back to their defaults.
func (c *Core) alterConfigs(e Env, _ Request, r *protocol.AlterConfigsRequest) ([]Record, *protocol.AlterConfigsResponse) {
	resp := protocol.New[protocol.AlterConfigsResponse]()
	var all []Record
	named := make(map[metadata.Resource]int, len(r.Resources))
	for i := range r.Resources {
		named[metadata.Resource{Type: r.Resources[i].ResourceType, Name: r.Resources[i].ResourceName}]++
	}
	for i := range r.Resources {
		in := &r.Resources[i]
		res := metadata.Resource{Type: in.ResourceType, Name: in.ResourceName}
		ops := make([]config.AlterOp, len(in.Configs))
		for j, o := range in.Configs {
			ops[j] = config.AlterOp{Name: o.Name, Op: config.Set, Value: o.Value}
		}
		records, f := c.alterResource(e.Image, res, named[res] > 1, ops, true)
		if !r.ValidateOnly {
			all = append(all, records...)
		}
		resp.Responses = append(resp.Responses, protocol.AlterConfigsResponseResourceResponse{
			ErrorCode: f.code.Code(), ErrorMessage: f.message(), ResourceType: res.Type, ResourceName: res.Name})
	}
	return all, resp
}

// alterResource decides the change of one resource. twice: the request names it more than once.
// replace deletes the keys that no operation names.
func (c *Core) alterResource(image *metadata.Image, res metadata.Resource, twice bool, ops []config.AlterOp, replace bool) ([]Record, failure) {
	if twice {
		return nil, fail(protocol.ErrInvalidRequest, "Each resource must appear at most once.")
	}
	kind, f := checkResource(image, res)
	if f.failed() {
		return nil, f
	}
	current := image.Configs(res.Type, res.Name)
	base := current
	if replace {
		base = nil
	}
	if slices.ContainsFunc(ops, func(o config.AlterOp) bool { return o.Op < config.Set || o.Op > config.Subtract }) {
		return nil, unknownOperation(res, ops)
	}
	next, err := config.Alter(kind, base, ops)
	if err != nil {
		return nil, configFailure(err)
	}
	if f := c.checkNext(image, res, current, next, ops); f.failed() {
		return nil, f
	}
	next = trimmed(next)
	records := configRecords(res.Type, res.Name, current, next)
	if image.Features().ELREnabled() && current[minInsyncReplicas] != next[minInsyncReplicas] && res.Type != metadata.ResourceGroup {
		// The ELRs depend on the old minimum, so they are cleared (KIP-966).
		records = append(records, &mr.ClearELRRecord{TopicName: res.Name})
	}
	return records, failure{}
}

// unknownOperation refuses an operation code that does not exist. In Kafka the broker refuses it
// for brokers; for other resources it fails without a message.
func unknownOperation(res metadata.Resource, ops []config.AlterOp) failure {
	for _, o := range ops {
		if res.Type == metadata.ResourceBroker && (o.Op < config.Set || o.Op > config.Subtract) {
			return fail(protocol.ErrInvalidRequest, fmt.Sprintf("Unknown operations type %d", int8(o.Op)))
		}
	}
	return fail(protocol.ErrUnknownServerError, "")
}

// trimmed returns configs with the values that Kafka reads from them: it trims every value when it
// parses it. Apache Kafka stores the value as it came, and its controller then fails on a number
// with a blank (KAFKA-20532).
func trimmed(configs map[string]string) map[string]string {
	out := make(map[string]string, len(configs))
	for key, value := range configs { // any order
		out[key] = java.Trim(value)
	}
	return out
}

// checkResource reports whether the resource can have configs, and of which kind they are.
func checkResource(image *metadata.Image, res metadata.Resource) (config.Kind, failure) {
	switch res.Type {
	case metadata.ResourceTopic:
		return config.TopicKey, checkTopicResource(image, res.Name)
	case metadata.ResourceBroker:
		return config.BrokerKey, checkBrokerResource(image, res.Name)
	case metadata.ResourceGroup:
		if res.Name == "" {
			return 0, fail(protocol.ErrInvalidRequest, "Default group resources are not allowed.")
		}
		return config.GroupKey, failure{}
	case metadata.ResourceClientMetrics:
		if res.Name == "" {
			return 0, fail(protocol.ErrInvalidRequest, "Subscription name can't be empty")
		}
		// These keys are declared in clientmetrics.go. None of them is a list, so the kind does not
		// matter.
		return config.GroupKey, failure{}
	}
	return 0, fail(protocol.ErrInvalidRequest, fmt.Sprintf("Unknown resource type %d", res.Type))
}

func checkTopicResource(image *metadata.Image, name string) failure {
	if name == "" {
		return fail(protocol.ErrInvalidRequest, "Default topic resources are not allowed.")
	}
	if problem := topicname.Problem(name); problem != "" {
		return fail(protocol.ErrInvalidTopicException, problem)
	}
	if image.Topics().ByName(name) == nil {
		return fail(protocol.ErrUnknownTopicOrPartition, fmt.Sprintf("The topic '%s' does not exist.", name))
	}
	return failure{}
}

func checkBrokerResource(image *metadata.Image, name string) failure {
	if name == "" {
		return failure{}
	}
	id, err := strconv.ParseInt(name, 10, 32)
	switch {
	case err != nil:
		return fail(protocol.ErrInvalidRequest, "Unable to parse broker name as a base 10 number.")
	case id < 0:
		return fail(protocol.ErrInvalidRequest, "Invalid negative broker ID.")
	case image.Broker(int32(id)) == nil && image.Controller(int32(id)) == nil:
		return fail(protocol.ErrBrokerIDNotRegistered, fmt.Sprintf("No node with id %d found.", id))
	}
	return failure{}
}

// checkNext checks the configs that a resource would have. In Kafka a broker validates the keys of
// brokers before it asks the controller, so those errors come before the controller's own.
func (c *Core) checkNext(image *metadata.Image, res metadata.Resource, current, next map[string]string, ops []config.AlterOp) failure {
	if res.Type == metadata.ResourceBroker {
		if err := c.validate(image, res, next); err != nil {
			return configFailure(err)
		}
	}
	if f := checkSpecial(image, res, current, next, ops); f.failed() || res.Type == metadata.ResourceBroker {
		return f
	}
	if err := c.validate(image, res, next); err != nil {
		return configFailure(err)
	}
	return failure{}
}

func checkSpecial(image *metadata.Image, res metadata.Resource, current, next map[string]string, ops []config.AlterOp) failure {
	for _, v := range next { // any order
		if len(v) > configValueMax {
			return fail(protocol.ErrInvalidConfig, "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.")
		}
	}
	if !image.Features().ELREnabled() || res.Type != metadata.ResourceBroker {
		return failure{}
	}
	named := slices.ContainsFunc(ops, func(o config.AlterOp) bool { return o.Name == minInsyncReplicas })
	_, had := current[minInsyncReplicas]
	_, stays := next[minInsyncReplicas]
	switch {
	case !named && had == stays:
	case res.Name != "":
		return fail(protocol.ErrInvalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
	case !stays:
		return fail(protocol.ErrInvalidConfig, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
	}
	return failure{}
}

func (c *Core) validate(image *metadata.Image, res metadata.Resource, next map[string]string) error {
	switch res.Type {
	case metadata.ResourceTopic:
		return config.ValidateTopic(c.brokerSettings(image), next)
	case metadata.ResourceBroker:
		return config.ValidateBroker(c.cfg.Broker, res.Name != "", next)
	case metadata.ResourceGroup:
		return config.ValidateGroup(c.brokerSettings(image), next)
	}
	return validateClientMetrics(next)
}

// configRecords returns the records that change a resource from one set of configs to another, in
// order of name.
func configRecords(resourceType int8, name string, from, to map[string]string) []Record {
	var records []Record
	for _, key := range slices.Sorted(maps.Keys(to)) {
		if old, ok := from[key]; ok && old == to[key] {
			continue
		}
		value := to[key]
		records = append(records, &mr.ConfigRecord{ResourceType: resourceType, ResourceName: name, Name: key, Value: &value})
	}
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if _, ok := to[key]; !ok {
			records = append(records, &mr.ConfigRecord{ResourceType: resourceType, ResourceName: name, Name: key})
		}
	}
	return records
}

// configFailure is the error for an invalid config.
func configFailure(err error) failure {
	if err == nil {
		return failure{}
	}
	var refused *config.Error
	if errors.As(err, &refused) && refused.Request {
		return fail(protocol.ErrInvalidRequest, refused.Message)
	}
	return fail(protocol.ErrInvalidConfig, err.Error())
}

// failIncrementalAlterConfigs answers every resource of a request with one error.
func failIncrementalAlterConfigs(r *protocol.IncrementalAlterConfigsRequest, err protocol.Error) *protocol.IncrementalAlterConfigsResponse {
	resp := protocol.New[protocol.IncrementalAlterConfigsResponse]()
	text := err.Message()
	for _, res := range r.Resources {
		resp.Responses = append(resp.Responses, protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse{
			ErrorCode: err.Code(), ErrorMessage: &text, ResourceType: res.ResourceType, ResourceName: res.ResourceName})
	}
	return resp
}

// failAlterConfigs answers every resource of a request with one error.
func failAlterConfigs(r *protocol.AlterConfigsRequest, err protocol.Error) *protocol.AlterConfigsResponse {
	resp := protocol.New[protocol.AlterConfigsResponse]()
	text := err.Message()
	for _, res := range r.Resources {
		resp.Responses = append(resp.Responses, protocol.AlterConfigsResponseResourceResponse{
			ErrorCode: err.Code(), ErrorMessage: &text, ResourceType: res.ResourceType, ResourceName: res.ResourceName})
	}
	return resp
}
