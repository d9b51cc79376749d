package controlrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// LeaderChangeMessage is the Kafka message LeaderChangeMessage.
type LeaderChangeMessage struct {
	_              struct{}                   `kafka:"versions=0-1,flexible=0+,data"`
	Version        int16                      `kafka:"0+"`
	LeaderID       int32                      `kafka:"0+"`
	Voters         []LeaderChangeMessageVoter `kafka:"0+"`
	GrantingVoters []LeaderChangeMessageVoter `kafka:"0+"`
}

// LeaderChangeMessageVoter is part of LeaderChangeMessage.
type LeaderChangeMessageVoter struct {
	VoterID          int32     `kafka:"0+"`
	VoterDirectoryID wire.UUID `kafka:"1+"`
}
