package app

import (
	"bytes"
	"context"
	stdlog "log"
	"log/slog"

	dapr "github.com/dapr/go-sdk/client"
)

// bridgeSDKLog sends the SDK's text log, which it writes to standard output,
// through ours, so that every line stays JSON.
func bridgeSDKLog(log *slog.Logger) {
	dapr.SetLogger(stdlog.New(slogWriter{log}, "", 0))
}

// slogWriter logs each line written to it at debug level: the SDK tells of its
// connection and nothing that an operator must know.
type slogWriter struct{ log *slog.Logger }

func (w slogWriter) Write(line []byte) (int, error) {
	w.log.Log(context.Background(), slog.LevelDebug, "dapr sdk", slog.String("line", string(bytes.TrimSpace(line))))
	return len(line), nil
}
