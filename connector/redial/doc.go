// Package redial calls again after a network failure ended a call (spec connector 10).
package redial
