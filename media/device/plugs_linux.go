package device

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/jfreymuth/pulse/proto"
)

// A sound server that is not there is looked for after soundServerRetry, then less and less often.
const (
	soundServerRetry  = 2 * time.Second
	soundServerSeldom = time.Minute
)

func plugSources() []plugSource { return []plugSource{watchNodes("/dev"), watchSoundServer} }

// watchNodes watches device files: cameras, and sound cards without a sound server.
func watchNodes(folder string) plugSource {
	return func(sign func(), stop <-chan struct{}) {
		watcher, err := fsnotify.NewWatcher()
		if err != nil {
			return // out of inotify instances: what is unplugged is noticed all the same, when it stops to deliver
		}
		defer watcher.Close()
		if watcher.Add(folder) != nil {
			return
		}
		sound := filepath.Join(folder, "snd")
		_ = watcher.Add(sound) // comes with the first sound card
		for {
			select {
			case <-stop:
				return
			case <-watcher.Errors: // events were lost: whatever they were, a look does no harm
				sign()
			case e, open := <-watcher.Events:
				if !open {
					return
				}
				if e.Name == sound && e.Has(fsnotify.Create) {
					_ = watcher.Add(sound)
				}
				inSound := filepath.Dir(e.Name) == sound
				camera := strings.HasPrefix(filepath.Base(e.Name), "video")
				// The rights of a device file are set a moment after it was made.
				if (camera || inSound || e.Name == sound) && e.Op&(fsnotify.Create|fsnotify.Remove|fsnotify.Chmod) != 0 {
					sign()
				}
			}
		}
	}
}

// watchSoundServer subscribes to PulseAudio's news (PipeWire speaks its protocol too), which costs nothing while there
// are none.
func watchSoundServer(sign func(), stop <-chan struct{}) {
	wait := soundServerRetry
	for {
		if followSoundServer(sign, stop) {
			wait = soundServerRetry
			sign() // its devices went with it
		}
		timer := time.NewTimer(wait)
		select {
		case <-stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, soundServerSeldom)
	}
}

// followSoundServer tells the server's news until it is gone or stop is closed; it reports whether it was there.
func followSoundServer(sign func(), stop <-chan struct{}) bool {
	client, conn, err := proto.Connect("")
	if err != nil {
		return false
	}
	defer conn.Close()
	gone := make(chan struct{}, 1)
	client.Callback = func(message any) {
		switch m := message.(type) {
		case *proto.SubscribeEvent:
			// Volumes change often and concern nobody here.
			if m.Event.GetType() != proto.EventChange || m.Event.GetFacility() == proto.EventServer {
				sign()
			}
		case *proto.ConnectionClosed:
			select {
			case gone <- struct{}{}:
			default:
			}
		}
	}
	name := proto.PropList{"application.name": proto.PropListString("Parley")}
	if client.Request(&proto.SetClientName{Props: name}, &proto.SetClientNameReply{}) != nil {
		return false
	}
	mask := proto.SubscriptionMaskSink | proto.SubscriptionMaskSource | proto.SubscriptionMaskServer
	if client.Request(&proto.Subscribe{Mask: mask}, nil) != nil {
		return false
	}
	sign() // devices may have come with the server
	select {
	case <-gone:
	case <-stop:
	}
	return true
}
