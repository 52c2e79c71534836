// Package incoming is the ringing call: announced, answered, declined, or lost (spec connector 5).
package incoming
