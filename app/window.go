package app

import (
	"context"
	"log/slog"

	"parley/app/cli"
)

func runWindow(ctx context.Context, o cli.Window, streams Streams, logger *slog.Logger) error {
	return cli.ErrNotYet
}
