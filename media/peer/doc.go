// Package peer is the media engine's peer connection: it implements connector/rtc over pion/webrtc.
//
// A Factory makes connections. A connection owns one leg (a pion peer connection with its bandwidth estimator and pacer)
// and one line for each audio or video m-line. A line has an outbound side, which is bound once and keeps its sequence
// numbers and timestamps for the whole call while sources change behind it, and an inbound side, which exists while the
// peer sends:
//
//	local track → videoSender (scale, encode, packetise) → outbound → leg (NACK buffer, pacer, SRTP)
//	leg → reader (reorder, NACK) → videoReceiver (assemble, decode) → RemoteTrack.Frames
//	leg → reader → audio jitter buffer → mixer
//
// The SDP that goes over the wire is not pion's: what comes in is read into a small model and given to pion in a form it
// cannot misread; what pion says is rewritten on its way out (docs in sdp_in.go and sdp_out.go). So directions, holds,
// rejected m-lines, foreign m-lines and codec profiles follow RFC 3264 and JSEP whatever pion makes of them.
//
// Concurrency: negotiation is serialised by a one-slot channel, everything else by small mutexes; no lock is held over a
// callback or over pion. Close waits for every goroutine.
package peer
