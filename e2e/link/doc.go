// Package link makes a bad network: two network namespaces of Linux joined by a wire that loses, delays, disorders and
// throttles packets as told. Programs start inside a namespace unchanged, so a browser meets the same network as Parley.
//
// The wire is this process: each namespace has a TUN device (tun(4)) whose packets it carries to the other one. The
// kernel's own emulator (tc-netem) would do, but is a module that many machines lack. Needs root.
package link
