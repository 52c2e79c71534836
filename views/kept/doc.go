// Package kept declares what the window keeps between starts: settings, contacts, the list of calls. It holds plain values,
// so that the files (app/settings) and the screens (views) speak of the same things without knowing each other.
package kept
