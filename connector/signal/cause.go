package signal

// Cause is why a call ended or a request failed, in the words of the reference (spec protocol, "Causes").
type Cause string

// The causes that follow from a status code.
const (
	CauseRedirected        Cause = "Redirected"
	CauseBusy              Cause = "Busy"
	CauseRejected          Cause = "Rejected"
	CauseNotFound          Cause = "Not Found"
	CauseUnavailable       Cause = "Unavailable"
	CauseAddressIncomplete Cause = "Address Incomplete"
	CauseIncompatibleSDP   Cause = "Incompatible SDP"
	CauseAuthentication    Cause = "Authentication Error"
	CauseSIPFailure        Cause = "SIP Failure Code"
)

// The causes without a status code.
const (
	CauseConnection          Cause = "Connection Error"
	CauseRequestTimeout      Cause = "Request Timeout"
	CauseInternal            Cause = "Internal Error"
	CauseMissingSDP          Cause = "Missing SDP"
	CauseTerminated          Cause = "Terminated"
	CauseWebRTC              Cause = "WebRTC Error"
	CauseCanceled            Cause = "Canceled"
	CauseNoAnswer            Cause = "No Answer"
	CauseExpires             Cause = "Expires"
	CauseNoACK               Cause = "No ACK"
	CauseDialog              Cause = "Dialog Error"
	CauseUserDeniedMedia     Cause = "User Denied Media Access"
	CauseBadMediaDescription Cause = "Bad Media Description"
	CauseRTPTimeout          Cause = "RTP Timeout"
)

// CauseOf maps a final response's code to its cause.
func CauseOf(code int) Cause {
	switch code {
	case 300, 301, 302, 305, 380:
		return CauseRedirected
	case 486, 600:
		return CauseBusy
	case 403, 603:
		return CauseRejected
	case 404, 604:
		return CauseNotFound
	case 480, 410, 408, 430:
		return CauseUnavailable
	case 484, 424:
		return CauseAddressIncomplete
	case 488, 606:
		return CauseIncompatibleSDP
	case 401, 407:
		return CauseAuthentication
	default:
		return CauseSIPFailure
	}
}

// Declined tells whether a person turned a call down. Besides what Rejected stands for that is 487 without a CANCEL of
// ours: what this connector, as the reference, answers to a call that is declined (spec connector 5).
func Declined(cause Cause, code int) bool {
	return cause == CauseRejected || cause == CauseSIPFailure && code == 487
}
