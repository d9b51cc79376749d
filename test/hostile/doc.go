// Package hostile holds tests that send a whole broker what an attacker, a broken client or a broken network would: no
// bytes from a client may make it panic, hang, leak, grow without bound or lose what another client was promised.
//
// GREGOR_HOSTILE_SECONDS makes the random tests run longer, GREGOR_HOSTILE_SEED repeats a run's choices.
package hostile
