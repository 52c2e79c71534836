package device

import "parley/media/audio/sound"

// Info is a device as the window lists it.
type Info struct {
	ID      string // what Open functions take; unique
	Name    string // for people; may occur twice
	Default bool   // what the system uses when nothing is chosen
}

// Microphones that can be opened now; none without a sound card.
func Microphones() []Info { return soundDevices(sound.Capture) }

// Speakers that can be opened now, for audio.OutputOptions.Device; none without a sound card.
func Speakers() []Info { return soundDevices(sound.Playback) }

// KnownSpeaker tells whether a speaker can be found now by its name.
func KnownSpeaker(name string) bool { return sound.Known(sound.Playback, name) }

func soundDevices(direction sound.Direction) []Info {
	devices, err := sound.Devices(direction)
	if err != nil {
		return nil // no sound card is an empty list, not a failure
	}
	list := make([]Info, len(devices))
	for i, d := range devices {
		list[i] = Info{ID: d.ID, Name: d.Name, Default: d.Default}
	}
	return list
}
