package kube

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

var forwarding = regexp.MustCompile(`^Forwarding from (127\.0\.0\.1:\d+) `)

// Forward leads a free port of this machine to a port of a pod ("pod/name") or of one of a workload's ("deployment/name"), until ctx ends, and returns
// its address, "127.0.0.1:<port>".
func (c *Client) Forward(ctx context.Context, namespace, to string, port int) (address string, err error) {
	cmd, err := c.Command(ctx, "port-forward", "--address", "127.0.0.1", "--namespace", namespace, to, ":"+strconv.Itoa(port))
	if err != nil {
		return "", err
	}
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewReader(out)
	line, readErr := lines.ReadString('\n')
	match := forwarding.FindStringSubmatch(line)
	if match == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return "", errors.Join(fmt.Errorf("port-forward to %s: %s%s", to, line, &problem), readErr)
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines) // a line for each connection
		_ = cmd.Wait()
	}()
	return match[1], nil
}
