package kube

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// applyPatience is how long an API server that is busy or restarting is asked again.
const applyPatience = 2 * time.Minute

// Apply makes the objects be in the cluster as they are given and returns those that this changed. It applies on the server and takes over fields
// that somebody else set: what is given is what is wanted. progress hears when the API server has to be asked again.
func (c *Client) Apply(ctx context.Context, progress io.Writer, objects []Object) ([]Object, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	input, err := list(objects)
	if err != nil {
		return nil, err
	}
	before, err := c.persist(ctx, progress, input, "get", "--ignore-not-found", "-o", "json", "-f", "-")
	if err != nil {
		return nil, err
	}
	was := map[string]Object{}
	for _, object := range before {
		was[object.String()] = object
	}
	after, err := c.persist(ctx, progress, input, "apply", "--server-side", "--force-conflicts", "-o", "json", "-f", "-")
	if err != nil {
		return nil, err
	}
	var changed []Object
	for _, object := range after {
		if old, found := was[object.String()]; !found || !Same(old, object) {
			changed = append(changed, object)
		}
	}
	return changed, nil
}

// persist runs kubectl again while it fails for a reason that passes.
func (c *Client) persist(ctx context.Context, progress io.Writer, input []byte, args ...string) ([]Object, error) {
	deadline := time.Now().Add(applyPatience)
	for {
		out, err := c.Run(ctx, input, args...)
		if err == nil {
			return unlist(out)
		}
		if ctx.Err() != nil || !passing(err) || time.Now().After(deadline) {
			return nil, err
		}
		fmt.Fprintf(progress, "  trying again: %v\n", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// passing reports whether an error of kubectl comes from a server that is not up to it at the moment, and not from what was asked of it.
func passing(err error) bool {
	for _, sign := range []string{
		"connection refused", "connection reset", "TLS handshake timeout", "i/o timeout", "unexpected EOF", "context deadline exceeded",
		"the server is currently unable", "the server was unable to return a response", "too many requests", "etcdserver:", "http2: client connection",
		"failed calling webhook", "request timed out", "Timeout: request did not complete",
		// A kind that was made known this moment.
		"no matches for kind", "could not find the requested resource",
	} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}
