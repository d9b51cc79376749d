package controller

import (
	"github.com/gregorhq/gregor/internal/protocol"
)

// The responses to requests that were not decided at all: one error for everything that was asked.

// FailCreateTopics answers every topic of the request with one error.
func FailCreateTopics(r *protocol.CreateTopicsRequest, err protocol.Error) *protocol.CreateTopicsResponse {
	resp := protocol.New[protocol.CreateTopicsResponse]()
	for _, t := range r.Topics {
		resp.Topics = append(resp.Topics, topicFailure(t.Name, fail(err, "")))
	}
	return resp
}

func topicFailure(name string, f failure) protocol.CreateTopicsResponseCreatableTopicResult {
	out := *protocol.New[protocol.CreateTopicsResponseCreatableTopicResult]()
	out.Name, out.ErrorCode, out.ErrorMessage = name, f.code.Code(), f.message()
	return out
}

// FailDeleteTopics answers every topic of the request with one error.
func FailDeleteTopics(r *protocol.DeleteTopicsRequest, err protocol.Error) *protocol.DeleteTopicsResponse {
	resp := protocol.New[protocol.DeleteTopicsResponse]()
	text := err.Message()
	for _, name := range r.TopicNames {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
			Name: &name, ErrorCode: err.Code(), ErrorMessage: &text})
	}
	for _, t := range r.Topics {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
			Name: t.Name, TopicID: t.TopicID, ErrorCode: err.Code(), ErrorMessage: &text})
	}
	return resp
}

// FailCreatePartitions answers every topic of the request with one error.
func FailCreatePartitions(r *protocol.CreatePartitionsRequest, err protocol.Error) *protocol.CreatePartitionsResponse {
	resp := protocol.New[protocol.CreatePartitionsResponse]()
	text := err.Message()
	for _, t := range r.Topics {
		resp.Results = append(resp.Results, protocol.CreatePartitionsResponseTopicResult{
			Name: t.Name, ErrorCode: err.Code(), ErrorMessage: &text})
	}
	return resp
}

// FailIncrementalAlterConfigs answers every resource of the request with one error.
func FailIncrementalAlterConfigs(r *protocol.IncrementalAlterConfigsRequest, err protocol.Error) *protocol.IncrementalAlterConfigsResponse {
	resp := protocol.New[protocol.IncrementalAlterConfigsResponse]()
	text := err.Message()
	for _, res := range r.Resources {
		resp.Responses = append(resp.Responses, protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse{
			ErrorCode: err.Code(), ErrorMessage: &text, ResourceType: res.ResourceType, ResourceName: res.ResourceName})
	}
	return resp
}

// FailAlterConfigs answers every resource of the request with one error.
func FailAlterConfigs(r *protocol.AlterConfigsRequest, err protocol.Error) *protocol.AlterConfigsResponse {
	resp := protocol.New[protocol.AlterConfigsResponse]()
	text := err.Message()
	for _, res := range r.Resources {
		resp.Responses = append(resp.Responses, protocol.AlterConfigsResponseResourceResponse{
			ErrorCode: err.Code(), ErrorMessage: &text, ResourceType: res.ResourceType, ResourceName: res.ResourceName})
	}
	return resp
}
