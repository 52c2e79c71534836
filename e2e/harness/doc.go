// Package harness is what the end-to-end tests and the benchmark share: the parley program as a process, headless
// Chromium with a JsSIP page, generated content, and a look into recordings. Everything waits for events, bounded by a
// context, and ends what it started.
package harness
