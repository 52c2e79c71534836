// Package call is one call's life: outgoing and answered, its offers and answers both ways, what is sent and what arrives, the
// receive-only session of a spectator, and its end (spec connector 4).
package call
