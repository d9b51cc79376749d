package handlers

// SaslHandshake (key 17), versions 0-1, and SaslAuthenticate (key 36), versions 0-2.
//
// On a listener without SASL, and on one whose exchange is over, Kafka answers both with
// ILLEGAL_SASL_STATE; the handshake then lists no mechanisms. No listener has SASL yet, so there is
// no other answer.

import "github.com/gregorhq/gregor/internal/protocol"

var (
	_ = declare(func(Engines) API { return SaslHandshake() })
	_ = declare(func(Engines) API { return SaslAuthenticate() })
)

// SaslHandshake makes the API.
func SaslHandshake() API {
	return NewAPI(0, 1, func(c *Ctx, _ *protocol.SaslHandshakeRequest) {
		resp := protocol.New[protocol.SaslHandshakeResponse]()
		resp.ErrorCode = protocol.ErrIllegalSaslState.Code()
		c.Respond(resp)
	})
}

// SaslAuthenticate makes the API.
func SaslAuthenticate() API {
	return NewAPI(0, 2, func(c *Ctx, _ *protocol.SaslAuthenticateRequest) {
		resp := protocol.New[protocol.SaslAuthenticateResponse]()
		text := "SaslAuthenticate request received after successful authentication"
		resp.ErrorCode, resp.ErrorMessage = protocol.ErrIllegalSaslState.Code(), &text
		c.Respond(resp)
	})
}
