// Package connector is everything between a person's wish ("call 2001, share my screen") and the server: SIP over
// WebSocket, sessions, the server's INFO protocol, recovery, and one consistent picture of the state.
//
// # Contract
//
// One goroutine, the loop, owns all state. API calls, SIP messages, timers and results of blocking work are posted to it
// and handled in order; machines and managers therefore need no locks. Blocking work (a SIP transaction, HTTP, gathering
// of candidates) runs elsewhere under a context and posts its result back.
//
// Public methods take a context and return when the outcome is known; a cancelled context ends the waiting and, where
// the operation can be undone, the operation. Events are delivered on the loop, in order: a subscriber must not block and
// must not call a blocking method of the connector. Snapshots are immutable values.
//
// Close ends the call, disconnects, ends the loop and waits for every goroutine the connector started.
package connector
