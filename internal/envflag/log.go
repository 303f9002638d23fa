package envflag

import (
	"context"
	"flag"
	"log/slog"
)

// Log writes the settings in force as one record; secrets show only whether they are set.
func Log(ctx context.Context, log *slog.Logger, fs *flag.FlagSet) {
	var settings []any
	fs.VisitAll(func(f *flag.Flag) {
		settings = append(settings, slog.String(EnvName(f.Name), f.Value.String()))
	})
	log.InfoContext(ctx, "starting", slog.Group("settings", settings...))
}
