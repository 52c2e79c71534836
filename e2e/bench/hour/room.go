package main

import (
	"context"
	"errors"

	"parley/roomserver"
)

// serveRoom is the room server.
func serveRoom(ctx context.Context) error {
	s, err := roomserver.New(roomserver.Config{Listen: "127.0.0.1:0", Loopback: true, Codec: *codec,
		Users: map[string]string{caller: secret, callee: secret}})
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	if err := say("ready", s.Addr()); err != nil {
		return err
	}
	return errors.Join(tell(ctx, nil), s.Close(context.WithoutCancel(ctx)))
}
