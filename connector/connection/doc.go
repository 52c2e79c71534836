// Package connection is the life of the SIP user agent: connect with its tries, registration, disconnect; one operation at a time
// (spec connector 2).
package connection
