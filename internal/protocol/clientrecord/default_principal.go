package clientrecord

// DefaultPrincipal is the Kafka message DefaultPrincipal.
type DefaultPrincipal struct {
	_                  struct{} `kafka:"versions=0,flexible=0+,data"`
	Type               string   `kafka:"0+"`
	Name               string   `kafka:"0+"`
	TokenAuthenticated bool     `kafka:"0+"`
}
