package connection

import (
	"errors"
	"fmt"
	"strings"

	"parley/connector/signal"
)

// Trouble is what kind of failure a person is told of; the values are the reference's names.
type Trouble string

// The kinds.
const (
	TroubleServer      Trouble = "CONNECT_SERVER_FAILED"
	TroubleCredentials Trouble = "WRONG_USER_OR_PASSWORD"
	TroubleMedia       Trouble = "BAD_MEDIA_ERROR"
	TroubleNotFound    Trouble = "NOT_FOUND_ERROR"
	TroubleSocket      Trouble = "WS_CONNECTION_FAILED"
	TroubleLink        Trouble = "CONNECT_SERVER_FAILED_BY_LINK"
)

// Facts about a failure.
type Facts struct {
	Code         string
	Cause        string
	Message      string
	Link         string // what could not be reached, as far as known
	SocketClosed bool
}

// Classify names the kind of a failure.
func Classify(f Facts) Trouble {
	switch {
	case f.Cause == "Forbidden":
		return TroubleCredentials
	case f.Cause == string(signal.CauseBadMediaDescription):
		return TroubleMedia
	case f.Cause == string(signal.CauseNotFound):
		return TroubleNotFound
	case f.SocketClosed:
		return TroubleSocket
	case f.Link != "":
		return TroubleLink
	}
	return TroubleServer
}

// FactsOf an error of this package or of a request.
func FactsOf(err error) Facts {
	if err == nil {
		return Facts{Message: "Unknown error"}
	}
	f := Facts{Message: err.Error()}
	var response *signal.ResponseError
	if errors.As(err, &response) {
		f.Code, f.Cause = fmt.Sprint(response.StatusCode), string(response.Cause)
		if response.StatusCode == 401 || response.StatusCode == 403 {
			f.Cause = "Forbidden"
		}
	}
	var lost *DisconnectError
	if errors.As(err, &lost) {
		f.Code, f.SocketClosed = fmt.Sprint(lost.Code), true
	}
	return f
}

// Product makes a text fit for a User-Agent header: characters with a meaning become underscores.
func Product(text string) string {
	return strings.NewReplacer("@", "_", "*", "_", "!", "_", "|", "_").Replace(text)
}
