package views

import (
	"time"

	"parley/connector/session"
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
	Settings Settings
	// Servers a person used before, newest first.
	Servers []string
	// Remembered fills the sign in screen at start.
	Remembered SignIn
	// Sharing names what is shared; empty: nothing, or it has no name.
	Sharing string
	// Told is what happened by itself last.
	Told Told
}

// Account is who is signed in where.
type Account struct {
	Server, Name, User string
	Guest              bool
}

// Recent is one entry of the call history.
type Recent struct {
	Number   string
	Name     string
	Incoming bool
	Answered bool
	Declined bool // by this side
	Begun    time.Time
	Length   time.Duration
}
