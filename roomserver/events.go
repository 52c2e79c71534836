package roomserver

import (
	"encoding/json"
	"math"
	"time"
)

// Event is one thing that happened: registered, unregistered, refused, connected, disconnected, room-opened, room-closed,
// joined, confirmed, unanswered, left, speaker, shown, level, presenter, presentation, presenter-stopped, media-state,
// refusal, dtmf, spectator, participant, reception, reception-connected, reception-lost, moderator, command, bot-calls, fault,
// restarted, malformed. Data encodes to JSON and holds no secrets.
type Event struct {
	Time time.Duration // since the server was made
	Name string
	Data map[string]any
}

// MarshalJSON gives {"t":…,"event":…,"data":{…}}; t is in seconds.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		T     float64        `json:"t"`
		Event string         `json:"event"`
		Data  map[string]any `json:"data"`
	}{math.Round(e.Time.Seconds()*1000) / 1000, e.Name, e.Data})
}

func (s *Server) event(name string, data map[string]any) {
	if s.c.Events != nil {
		s.c.Events(Event{Time: time.Since(s.begun), Name: name, Data: data})
	}
}
