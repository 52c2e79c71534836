package kept

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Limits of numbers that can be typed or written into the file.
const (
	MinScale, MaxScale       = 50, 300    // percent
	MaxLimit                 = 100_000    // kbit/s
	MinReceive               = 100        // kbit/s: with less nobody can be told apart
	MaxAttempts              = 1000       // of redial
	MaxSamples               = 60         // statistics come once a second
	MinThrottle, MaxThrottle = 500, 60000 // milliseconds
	minWidth, minHeight      = 320, 240
	maxWidth, maxHeight      = 16384, 16384
	maxList, maxText         = 32, 1024
)

// Themes and Corners that there are.
var (
	Themes  = []string{"system", "light", "dark"}
	Corners = []string{"bottom-right", "bottom-left", "top-right", "top-left"}
)

// Correct replaces what cannot be by the value of base and returns the keys of what it replaced.
func (s *Settings) Correct(base Settings) (keys []string) {
	fix := func(key string, ok bool, restore func()) {
		if !ok {
			restore()
			keys = append(keys, key)
		}
	}
	within := func(key string, v *int, low, high, standard int) {
		fix(key, *v >= low && *v <= high, func() { *v = standard })
	}
	oneOf := func(key string, v *string, of []string, standard string) {
		fix(key, slices.Contains(of, *v), func() { *v = standard })
	}
	oneOf("appearance.theme", &s.Theme, Themes, base.Theme)
	within("appearance.scale", &s.Scale, MinScale, MaxScale, base.Scale)
	within("devices.speaker_volume", &s.SpeakerVolume, 0, 100, base.SpeakerVolume)
	within("devices.ringer_volume", &s.RingerVolume, 0, 100, base.RingerVolume)
	fix("video.height", slices.Contains(Heights, s.Video.Height), func() { s.Video.Height = base.Video.Height })
	within("video.send_limit", &s.SendLimit, 0, MaxLimit, base.SendLimit)
	within("video.present_limit", &s.PresentLimit, 0, MaxLimit, base.PresentLimit)
	fix("video.receive_limit", LimitsReceiving(s.ReceiveLimit), func() { s.ReceiveLimit = base.ReceiveLimit })
	within("network.redial_attempts", &s.RedialAttempts, 1, MaxAttempts, base.RedialAttempts)
	within("recovery.samples", &s.Samples, 1, MaxSamples, base.Samples)
	within("recovery.throttle_ms", &s.Throttle, MinThrottle, MaxThrottle, base.Throttle)
	within("window.width", &s.Window.Width, minWidth, maxWidth, base.Window.Width)
	within("window.height", &s.Window.Height, minHeight, maxHeight, base.Window.Height)
	oneOf("call.self_corner", &s.SelfCorner, Corners, base.SelfCorner)
	fix("network.proxy", CheckProxy(s.Proxy) == nil, func() { s.Proxy = base.Proxy })
	fix("network.ice_servers", len(s.ICEServers) <= maxList && !slices.ContainsFunc(s.ICEServers, badICE),
		func() { s.ICEServers = base.ICEServers })
	fix("video.codecs", shortTexts(s.PreferredCodecs), func() { s.PreferredCodecs = base.PreferredCodecs })
	fix("video.excluded_codecs", shortTexts(s.ExcludedCodecs), func() { s.ExcludedCodecs = base.ExcludedCodecs })
	return keys
}

// LimitsReceiving tells whether so many kbit/s can be a limit of what comes; 0 is none.
func LimitsReceiving(limit int) bool { return limit == 0 || limit >= MinReceive && limit <= MaxLimit }

func badICE(s ICEServer) bool { return CheckICE(s.URL) != nil }

func shortTexts(list []string) bool {
	return len(list) <= maxList && !slices.ContainsFunc(list, func(s string) bool { return len(s) > maxText })
}

// CheckProxy says what is wrong with a proxy's address; "" is none.
func CheckProxy(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return fmt.Errorf("proxy: unknown scheme %q", u.Scheme)
	}
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.User != nil {
		return fmt.Errorf("proxy: want scheme://host:port")
	}
	return checkPort(u.Port())
}

func checkPort(port string) error {
	if port == "" {
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("no port: %q", port)
	}
	return nil
}

// CheckICE says what is wrong with the address of a STUN or TURN server (RFC 7064, RFC 7065).
func CheckICE(s string) error {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return fmt.Errorf("want stun:host:port or turn:host:port")
	}
	rest, query, asks := strings.Cut(rest, "?")
	switch scheme {
	case "stun", "stuns":
		if asks {
			return fmt.Errorf("a STUN server takes no parameters")
		}
	case "turn", "turns":
		if asks && query != "transport=udp" && query != "transport=tcp" {
			return fmt.Errorf("unknown parameter %q", query)
		}
	default:
		return fmt.Errorf("unknown scheme %q", scheme)
	}
	host, port := rest, ""
	if strings.Contains(strings.TrimPrefix(rest, "["), ":") {
		var err error
		if host, port, err = net.SplitHostPort(rest); err != nil && !strings.HasSuffix(rest, "]") {
			return fmt.Errorf("server's address: %w", err)
		}
	}
	if host == "" || strings.ContainsAny(host, " /@\t\r\n") || len(s) > maxText {
		return fmt.Errorf("no host")
	}
	return checkPort(port)
}
