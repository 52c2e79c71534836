package views

import (
	"parley/connector/session"
	"parley/views/kept"
)

// Model is what the whole window shows.
type Model struct {
	Snapshot session.Snapshot
	Status   session.Status
	// SignedIn is whether the person wants to be connected.
	SignedIn bool
	Account  Account
	Recent   []Recent
	Demo     bool
	// First: this person has never connected to a server.
	First    bool
	Settings Settings
	// Locks are the settings that an administrator has fixed.
	Locks    kept.Locks
	Contacts []Contact
	Codecs   []string // that this program has, for video
	// Servers a person used before, newest first.
	Servers []string
	// Remembered fills the sign in screen at start.
	Remembered SignIn
	// Sharing names what is shared; empty: nothing, or it has no name.
	Sharing string
	// Told is what happened by itself last.
	Told Told
	// Lasting is what the person should know as long as the call goes on: codecs that do not open, each thing that is missing
	// once, in the order of their numbers.
	Lasting []Told
	// ForgetsPasswords: there is no keyring, so passwords are not remembered.
	ForgetsPasswords bool
	// Untrusted is why the server's certificate was not taken, nil when it was: a kept connection goes on trying.
	Untrusted  error
	Conference Conference
	Quality    Quality
	// Trouble is a device that does not work as wanted, in the call that goes on.
	Trouble Trouble
	// MutedSpeech tells that a person speaks while the microphone is off.
	MutedSpeech bool
}

// Contact and Recent are kept between starts.
type (
	Contact = kept.Contact
	Recent  = kept.Recent
)

// Trouble is a device that failed: its kind and why. The zero value is none.
type Trouble struct {
	Device TroubleDevice
	Err    error
}

// TroubleDevice is a kind of device that can fail in a call; the values are the keys of its words.
type TroubleDevice string

// The kinds.
const (
	TroubleCamera     TroubleDevice = "call.trouble.camera"
	TroubleMicrophone TroubleDevice = "call.trouble.microphone"
)

// Account is who is signed in where.
type Account struct {
	Server, Name, User string
	Guest              bool
}
