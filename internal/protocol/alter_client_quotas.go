package protocol

// AlterClientQuotasRequest is the Kafka message AlterClientQuotasRequest.
type AlterClientQuotasRequest struct {
	_            struct{}                            `kafka:"key=49,versions=0-1,flexible=1+,request"`
	Entries      []AlterClientQuotasRequestEntryData `kafka:"0+"`
	ValidateOnly bool                                `kafka:"0+"`
}

// AlterClientQuotasRequestEntryData is part of AlterClientQuotasRequest.
type AlterClientQuotasRequestEntryData struct {
	Entity []AlterClientQuotasRequestEntityData `kafka:"0+"`
	Ops    []AlterClientQuotasRequestOpData     `kafka:"0+"`
}

// AlterClientQuotasRequestEntityData is part of AlterClientQuotasRequest.
type AlterClientQuotasRequestEntityData struct {
	EntityType string  `kafka:"0+"`
	EntityName *string `kafka:"0+,nullable=0+,default=\"\""`
}

// AlterClientQuotasRequestOpData is part of AlterClientQuotasRequest.
type AlterClientQuotasRequestOpData struct {
	Key    string  `kafka:"0+"`
	Value  float64 `kafka:"0+"`
	Remove bool    `kafka:"0+"`
}

// AlterClientQuotasResponse is the Kafka message AlterClientQuotasResponse.
type AlterClientQuotasResponse struct {
	_              struct{}                             `kafka:"key=49,versions=0-1,flexible=1+,response"`
	ThrottleTimeMs int32                                `kafka:"0+"`
	Entries        []AlterClientQuotasResponseEntryData `kafka:"0+"`
}

// AlterClientQuotasResponseEntryData is part of AlterClientQuotasResponse.
type AlterClientQuotasResponseEntryData struct {
	ErrorCode    int16                                 `kafka:"0+"`
	ErrorMessage *string                               `kafka:"0+,nullable=0+,default=\"\""`
	Entity       []AlterClientQuotasResponseEntityData `kafka:"0+"`
}

// AlterClientQuotasResponseEntityData is part of AlterClientQuotasResponse.
type AlterClientQuotasResponseEntityData struct {
	EntityType string  `kafka:"0+"`
	EntityName *string `kafka:"0+,nullable=0+,default=\"\""`
}
