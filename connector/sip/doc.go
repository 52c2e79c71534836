// Package sip is the SIP user agent (RFC 3261) over one WebSocket (RFC 7118) that connector/signal asks for.
//
// It stands on connector/sip/websocket (one message connection), connector/sip/transaction (transactions in the order of
// the wire) and sipgo's messages and parser. What it speaks is in docs/ and in the comments here, with RFC numbers.
//
// # Concurrency
//
// One goroutine, the agent's loop, owns all state: the socket, the registration, the sessions. Messages, timers and calls of
// the public methods are posted to it and handled one after the other. The loop never waits for anything: the transaction
// layer queues what is sent. A second goroutine, the dispatcher, calls the functions of signal.Handler and
// signal.SessionHandler, in order, one at a time. As it is not the loop, every method may be called from within such a
// function; only Stop, and methods that wait for the network, hold the following ones up. When the application is slow,
// reading from the socket stops (maxUndelivered).
//
// A third goroutine keeps the socket open; the transaction layer and the WebSocket have theirs. Stop ends them all and
// waits for them, bounded by its context.
package sip
