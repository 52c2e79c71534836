package peer

import (
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

// machineNet is this machine's network as it is at each moment. stdnet's own list of interfaces is that of its making: an
// ICE restart after a change of networks would gather the addresses that are gone.
type machineNet struct{ *stdnet.Net }

func newMachineNet() (transport.Net, error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return machineNet{n}, nil
}

// Interfaces implements transport.Net.
func (machineNet) Interfaces() ([]*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.Interfaces()
}

// InterfaceByIndex implements transport.Net.
func (machineNet) InterfaceByIndex(index int) (*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.InterfaceByIndex(index)
}

// InterfaceByName implements transport.Net.
func (machineNet) InterfaceByName(name string) (*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.InterfaceByName(name)
}
