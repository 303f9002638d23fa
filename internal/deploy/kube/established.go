package kube

import (
	"context"
	"io"
	"time"
)

// Established waits until the API server serves the kinds that these definitions make known.
func (c *Client) Established(ctx context.Context, progress io.Writer, patience time.Duration, definitions []Object) error {
	if len(definitions) == 0 {
		return nil
	}
	args := []string{"wait", "--for=condition=Established", "--timeout=10s"}
	for _, definition := range definitions {
		args = append(args, "customresourcedefinition/"+definition.Name())
	}
	// Asked too soon, while a definition has no conditions at all, kubectl fails instead of waiting.
	return Until(ctx, progress, patience, "the API server to serve new kinds", func(ctx context.Context) error {
		_, err := c.Run(ctx, nil, args...)
		return err
	})
}
