package connector

import (
	"context"

	"parley/connector/autoconnect"
	"parley/connector/call"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/redial"
)

// MachineStates reads the state of every machine at one moment, by the name of its table (connector/diagrams).
func (c *Connector) MachineStates(ctx context.Context) (map[string]string, error) {
	var states map[string]string
	err := c.loop.Do(ctx, func() {
		states = map[string]string{
			connection.Table.Name:   string(c.connection.Machine().State()),
			autoconnect.Table.Name:  string(c.auto.Machine().State()),
			call.Table.Name:         string(c.call.Machine().State()),
			call.ContentTable.Name:  string(c.content.State()),
			incoming.Table.Name:     string(c.incoming.Machine().State()),
			presentation.Table.Name: string(c.presentation.Machine().State()),
			redial.Table.Name:       string(c.redial.Machine().State()),
			connectcall.Table.Name:  string(c.together.Machine().State()),
		}
	})
	return states, err
}
