package kept

// Settings are all that a person or an administrator can set. The groups are the tables of the file, the tags its keys;
// a key with its table ("video.balancer") names a setting where one is locked. No secret is among them.
type Settings struct {
	Version    int `toml:"version"`
	Appearance `toml:"appearance"`
	Start      `toml:"start"`
	Devices    `toml:"devices"`
	Sound      `toml:"sound"`
	Video      `toml:"video"`
	Network    `toml:"network"`
	Recovery   `toml:"recovery"`
	Join       `toml:"join"`
	CallView   `toml:"call"`
	Window     `toml:"window"`
	Account    `toml:"account"`
	// Trusted holds the SHA-256 fingerprint of one certificate that is trusted for a server ("host:port").
	Trusted map[string]string `toml:"trusted"`
	// Shortcuts holds the keys that differ from the usual ones, by action.
	Shortcuts map[string]string `toml:"shortcuts"`
}

// Appearance of the window.
type Appearance struct {
	Language string `toml:"language"` // "" as the system
	Theme    string `toml:"theme"`    // "system", "light", "dark"
	Scale    int    `toml:"scale"`    // percent of the system's own scale
}

// Start and end of the program.
type Start struct {
	WithSystem  bool `toml:"with_system"`
	CloseToTray bool `toml:"close_to_tray"`
}

// Devices by their names, which stay when IDs change. "" is the system's choice, NoDevice none. Volumes are percent.
type Devices struct {
	Camera        string `toml:"camera"`
	Microphone    string `toml:"microphone"`
	Speaker       string `toml:"speaker"`
	Ringer        string `toml:"ringer"`
	SpeakerVolume int    `toml:"speaker_volume"`
	RingerVolume  int    `toml:"ringer_volume"`
}

// NoDevice stands for "none" in Devices.
const NoDevice = "none"

// Sound is what is done to the microphone's sound.
type Sound struct {
	Echo  bool `toml:"echo_cancellation"`
	Noise bool `toml:"noise_suppression"`
	Gain  bool `toml:"automatic_gain"`
}

// Video that is sent and received.
type Video struct {
	Height          int      `toml:"height"`          // of the camera's picture, pixels: one of Heights
	PreferredCodecs []string `toml:"codecs"`          // offered first, in this order (MIME subtypes)
	ExcludedCodecs  []string `toml:"excluded_codecs"` // never used
	SendLimit       int      `toml:"send_limit"`      // of the camera, kbit/s; 0 is no limit
	PresentLimit    int      `toml:"present_limit"`   // of what is shared, kbit/s; 0 is no limit
	ReceiveLimit    int      `toml:"receive_limit"`   // of the video that comes, kbit/s; 0 is no limit
	Balancer        bool     `toml:"balancer"`        // adapt what is sent to what the server asks for
}

// Heights of the camera's picture that can be chosen; the width follows at 16:9.
var Heights = []int{360, 480, 720, 1080}

// Network between here and the server.
type Network struct {
	ICEServers     []ICEServer `toml:"ice_servers"` // beside those of the server
	Proxy          string      `toml:"proxy"`       // http://host:port or socks5://host:port; "" as the system
	CAFile         string      `toml:"ca_file"`     // PEM, trusted beside the system's authorities
	Reconnect      bool        `toml:"reconnect"`   // connect again by itself
	Redial         bool        `toml:"redial"`      // call again after a network failure
	RedialAttempts int         `toml:"redial_attempts"`
}

// ICEServer is a STUN or TURN server. The password is in the keyring.
type ICEServer struct {
	URL  string `toml:"url"` // stun:host:port, turn:host:port?transport=udp, turns:…
	User string `toml:"user,omitempty"`
}

// Recovery of the main video when none arrives.
type Recovery struct {
	Samples  int `toml:"samples"`     // collections of statistics in a row that make a problem
	Throttle int `toml:"throttle_ms"` // between two attempts, milliseconds
}

// Join is how a call begins.
type Join struct {
	Preview   bool `toml:"preview"` // own picture and devices before the call
	Muted     bool `toml:"muted"`
	CameraOff bool `toml:"camera_off"`
}

// CallView is what was chosen in a call last.
type CallView struct {
	Layout     string `toml:"layout"` // "" follows the presentation
	SelfHidden bool   `toml:"self_hidden"`
	SelfCorner string `toml:"self_corner"` // "bottom-right", "bottom-left", "top-right", "top-left"
}

// Window of the program, device independent pixels.
type Window struct {
	Width  int `toml:"width"`
	Height int `toml:"height"`
}

// Account that is filled in at the next start. The password is in the keyring.
type Account struct {
	Name     string `toml:"name"`
	User     string `toml:"user"`
	Guest    bool   `toml:"guest"`
	Remember bool   `toml:"remember"`
	SignedIn bool   `toml:"signed_in"` // sign in at start
}

// Version of the file that this program writes.
const Version = 1

// Defaults of all settings.
func Defaults() Settings {
	return Settings{
		Version:    Version,
		Appearance: Appearance{Theme: "system", Scale: 100},
		Devices:    Devices{SpeakerVolume: 100, RingerVolume: 100},
		Sound:      Sound{Echo: true, Noise: true, Gain: true},
		Video:      Video{Height: 720, Balancer: true},
		Network:    Network{Reconnect: true, Redial: true, RedialAttempts: 5},
		Recovery:   Recovery{Samples: 3, Throttle: 4000},
		Join:       Join{Preview: true},
		CallView:   CallView{SelfCorner: "bottom-right"},
		Window:     Window{Width: 1024, Height: 640},
		Account:    Account{Guest: true},
	}
}
