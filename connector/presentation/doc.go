// Package presentation shares a screen as a second video of the call: permission, attaching, update, stop (spec connector 6).
package presentation
