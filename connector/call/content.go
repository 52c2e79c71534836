package call

import (
	"log/slog"

	"parley/connector/machine"
)

// ContentState tells whether a remote presentation is available; the values are the wire names.
type ContentState string

// The states.
const (
	ContentNotAvailable ContentState = "contented-stream:not-available"
	ContentAvailable    ContentState = "contented-stream:available"
)

// The machine's events.
const (
	EventContentAvailable    = "CONTENTED_STREAM.AVAILABLE"
	EventContentNotAvailable = "CONTENTED_STREAM.NOT_AVAILABLE"
	EventContentReset        = "CONTENTED_STREAM.RESET"
)

type contentRow = machine.Transition[ContentState, string, *string]

// codecOf keeps what was known when the event says nothing.
func codecOf(known string, codec *string) string {
	if codec != nil {
		return *codec
	}
	return known
}

func noCodec(string, *string) string { return "" }

// ContentTable is the transition table; the context is the codec, empty when not told.
var ContentTable = machine.Table[ContentState, string, *string]{
	Name:    "contented-stream",
	Initial: ContentNotAvailable,
	States:  []ContentState{ContentNotAvailable, ContentAvailable},
	Transitions: []contentRow{
		{On: EventContentAvailable, To: ContentAvailable, Do: codecOf},
		{From: []ContentState{ContentAvailable}, On: EventContentNotAvailable, To: ContentNotAvailable, Do: noCodec},
		{From: []ContentState{ContentAvailable}, On: EventContentReset, To: ContentNotAvailable, Do: noCodec},
	},
}

// ContentMachine follows the availability of a remote presentation.
type ContentMachine struct {
	*machine.Machine[ContentState, string, *string]
}

// NewContentMachine starts with none available.
func NewContentMachine(logger *slog.Logger) *ContentMachine {
	return &ContentMachine{machine.New(&ContentTable, logger)}
}

// HandleEvent translates an event of the connector's stream for the machine.
func (m *ContentMachine) HandleEvent(name, codec string) {
	switch name {
	case "api:contented-stream:available":
		m.Send(EventContentAvailable, &codec)
	case "api:contented-stream:not-available":
		m.Send(EventContentNotAvailable, nil)
	case "call:ended", "call:failed":
		m.Send(EventContentReset, nil)
	}
}

// Content now.
func (m *ContentMachine) Content() Content {
	return Content{Available: m.State() == ContentAvailable, Codec: m.Context()}
}
