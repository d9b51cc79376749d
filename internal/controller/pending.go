package controller

import "github.com/gregorhq/gregor/internal/protocol"

func (c *Core) CreateTopics(e Env, ctx Request, r *protocol.CreateTopicsRequest) ([]Record, *protocol.CreateTopicsResponse) {
	panic("pending")
}
func (c *Core) DeleteTopics(e Env, ctx Request, r *protocol.DeleteTopicsRequest) ([]Record, *protocol.DeleteTopicsResponse) {
	panic("pending")
}
func (c *Core) CreatePartitions(e Env, ctx Request, r *protocol.CreatePartitionsRequest) ([]Record, *protocol.CreatePartitionsResponse) {
	panic("pending")
}
func (c *Core) IncrementalAlterConfigs(e Env, ctx Request, r *protocol.IncrementalAlterConfigsRequest) ([]Record, *protocol.IncrementalAlterConfigsResponse) {
	panic("pending")
}
func (c *Core) AlterConfigs(e Env, ctx Request, r *protocol.AlterConfigsRequest) ([]Record, *protocol.AlterConfigsResponse) {
	panic("pending")
}
func (c *Core) RegisterBroker(e Env, ctx Request, r *protocol.BrokerRegistrationRequest) ([]Record, *protocol.BrokerRegistrationResponse) {
	panic("pending")
}
func (c *Core) Heartbeat(e Env, ctx Request, r *protocol.BrokerHeartbeatRequest) ([]Record, *protocol.BrokerHeartbeatResponse) {
	panic("pending")
}
func (c *Core) UnregisterBroker(e Env, ctx Request, r *protocol.UnregisterBrokerRequest) ([]Record, *protocol.UnregisterBrokerResponse) {
	panic("pending")
}
func (c *Core) AllocateProducerIDs(e Env, ctx Request, r *protocol.AllocateProducerIDsRequest) ([]Record, *protocol.AllocateProducerIDsResponse) {
	panic("pending")
}
func (c *Core) AlterPartition(e Env, ctx Request, r *protocol.AlterPartitionRequest) ([]Record, *protocol.AlterPartitionResponse) {
	panic("pending")
}
func (c *Core) ElectLeaders(e Env, ctx Request, r *protocol.ElectLeadersRequest) ([]Record, *protocol.ElectLeadersResponse) {
	panic("pending")
}
func (c *Core) UpdateFeatures(e Env, ctx Request, r *protocol.UpdateFeaturesRequest) ([]Record, *protocol.UpdateFeaturesResponse) {
	panic("pending")
}
