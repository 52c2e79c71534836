// Package autoconnect keeps the connection up: attempts with delays and limits, pings, checks of what is reachable, and reactions
// to the machine's network (spec connector 3).
package autoconnect
