package headless

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"parley/roomserver"
)

const account = " --insecure-tls --user " + user + " --password " + secret + " "

// still sends neither picture nor sound: quick, where the test is about something else.
const still = " --camera none --microphone none "

func TestACallInARoom(t *testing.T) {
	server := startRoom(t, func(c *roomserver.Config) { c.Bots = 1 })
	folder := t.TempDir()
	c := start(t, "--server "+server+account+"--to 2001 --duration 2s --size 320x180 --record-video "+
		filepath.Join(folder, "v.y4m")+" --record-audio "+filepath.Join(folder, "a.wav")+" --stats "+filepath.Join(folder, "s"))
	if err := c.end(t); err != nil {
		t.Fatal(err)
	}
	order := []string{"connection:connect-started", "connection:registered", "call:start-call", "call:confirmed",
		"stats:collected", "call:end-call", "call:ended", "connection:disconnected"}
	rest := c.out.String()
	for _, event := range order {
		_, after, found := strings.Cut(rest, `"event":"`+event+`"`)
		if !found {
			t.Fatalf("no %s after the ones before it:\n%s", event, c.out)
		}
		rest = after
	}
	if strings.Contains(c.out.String(), `"event":"failed"`) {
		t.Error("a call that went well ended with the event failed")
	}
}

func TestACallWithNeitherCameraNorMicrophone(t *testing.T) {
	server := startRoom(t, nil)
	if err := start(t, "--server "+server+account+still+"--to 2001 --duration 100ms").end(t); err != nil {
		t.Error(err)
	}
}

func TestAGuestCalls(t *testing.T) {
	server := startRoom(t, nil)
	if err := start(t, "--server "+server+" --insecure-tls --guest"+still+"--to 2001 --duration 100ms").end(t); err != nil {
		t.Error(err)
	}
}

func TestInterruptedCallsEndWell(t *testing.T) {
	server := startRoom(t, nil)
	c := start(t, "--server "+server+account+still+"--to 2001")
	c.out.until(c.ctx, t, "call:confirmed")
	c.cancel() // as SIGINT does
	if err := <-c.done; err != nil {
		t.Error(err)
	}
	c.out.until(t.Context(), t, "connection:disconnected")
	if !strings.Contains(c.out.String(), `"event":"call:ended"`) {
		t.Errorf("the call was not ended:\n%s", c.out)
	}
}

func TestOneCallsTheOther(t *testing.T) {
	server := startRoom(t, nil)
	callee := start(t, "--server "+server+" --insecure-tls --user 1002 --password "+secret+still+"--answer")
	callee.out.until(callee.ctx, t, "connection:registered")
	caller := start(t, "--server "+server+account+still+"--to 1002 --duration 200ms")
	if err := caller.end(t); err != nil {
		t.Error(err)
	}
	if err := callee.end(t); err != nil {
		t.Error(err)
	}
}

func TestUnreachableServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	start(t, "--server "+listener.Addr().String()+account+still+"--to 2001").
		fails(t, "could not connect to 127.0.0.1", "nothing listens", "running")
}

func TestUnknownHost(t *testing.T) {
	start(t, "--server no-such-host.invalid"+account+still+"--to 2001").
		fails(t, "could not connect to no-such-host.invalid", "cannot be found", "name")
}

func TestWrongCertificate(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+" --guest"+still+"--to 2001").
		fails(t, "could not connect", "certificate is not signed", "--insecure-tls")
}

func TestWrongPassword(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+" --insecure-tls --user "+user+" --password wrong"+still+"--to 2001").
		fails(t, "as "+user, "refused user and password", "Check")
}

func TestUnknownUser(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+" --insecure-tls --user 1999 --password wrong"+still+"--to 2001").
		fails(t, "as 1999", "does not know this user", "Check")
}

func TestUnknownNumber(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+account+still+"--to 5555").
		fails(t, "could not call 5555", "no such number", "Check")
}

func TestNoDevices(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+account+"--microphone none --camera Nonesuch --to 2001").
		fails(t, `camera "Nonesuch"`, "no camera", "none")
	start(t, "--server "+server+account+"--camera none --microphone Nonesuch --to 2001").
		fails(t, `microphone "Nonesuch"`, "sound card", "none")
	start(t, "--server "+server+account+"--camera /does/not/exist.y4m --to 2001").
		fails(t, "camera", "/does/not/exist.y4m", "name")
}

func TestUnwritableRecording(t *testing.T) {
	server := startRoom(t, nil)
	start(t, "--server "+server+account+still+"--record-video /does/not/exist.y4m --to 2001").
		fails(t, "could not begin to record", "/does/not/exist.y4m", "name")
}

func TestASocketThatDiesInACallAndComesBack(t *testing.T) {
	relay := startRelay(t, startRoom(t, nil))
	c := start(t, "--server "+relay.address()+account+still+"--to 2001")
	c.out.until(c.ctx, t, "call:confirmed")
	relay.drop()
	c.out.until(c.ctx, t, "connection:disconnected")
	// The call is not given up with its socket; a new one comes by itself.
	for strings.Count(c.out.String(), `"event":"connection:registered"`) < 2 {
		select {
		case <-c.out.note:
		case <-c.ctx.Done():
			t.Fatalf("no second registration:\n%s\n%s", c.out, c.log)
		}
	}
	c.cancel()
	if err := <-c.done; err != nil {
		t.Errorf("%v\n%s\n%s", err, c.out, c.log)
	}
}

func TestASocketThatDiesInACallForGood(t *testing.T) {
	relay := startRelay(t, startRoom(t, nil))
	c := start(t, "--server "+relay.address()+account+still+"--to 2001 --duration 3s")
	c.out.until(c.ctx, t, "call:confirmed")
	relay.cut()
	c.fails(t, "not ended properly", "was lost", "running")
}
