package tiltloop

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
)

// namespace is that of the services, in k8s/base.
const namespace = "dapr-services"

// reopen is how long to wait after a connection that could not be made or has ended.
const reopen = 3 * time.Second

// patience is how long a copy may take, which takes a tenth of a second where nothing is wrong. Tilt's own does not wait for it.
const patience = 2 * time.Second

// Ahead sends new binaries into the running pods. For each service a tar waits in its pod, connected before there is anything to send, so that what is
// left to wait for is the copy. Nothing depends on it: Tilt's live update sends the same file a moment later, and does it alone while no pod is there.
type Ahead struct {
	root    string
	receive func(ctx context.Context, service string) (*exec.Cmd, error)
	waiting map[string]chan *receiver
}

// receiver is a tar that waits in a pod.
type receiver struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	done  chan struct{} // closed when it has ended
}

// NewAhead connects to the pods of the services, now and again, until ctx ends.
func NewAhead(ctx context.Context, root string, c *cluster.Cluster, services []string) *Ahead {
	return newAhead(ctx, root, services, func(ctx context.Context, service string) (*exec.Cmd, error) {
		return c.Kubectl(ctx, "exec", "--stdin", "--namespace", namespace, "deployment/"+service, "--container", service, "--",
			"tar", "-C", "/", "-x", "-f", "-")
	})
}

func newAhead(ctx context.Context, root string, services []string, receive func(context.Context, string) (*exec.Cmd, error)) *Ahead {
	a := &Ahead{root, receive, map[string]chan *receiver{}}
	for _, service := range services {
		waiting := make(chan *receiver)
		a.waiting[service] = waiting
		go a.keep(ctx, service, waiting)
	}
	return a
}

// keep has one receiver waiting at all times.
func (a *Ahead) keep(ctx context.Context, service string, waiting chan<- *receiver) {
	for ctx.Err() == nil {
		pause := reopen
		if r, err := a.connect(ctx, service); err == nil {
			select {
			case waiting <- r:
				<-r.done
				pause = 0
			case <-r.done:
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (a *Ahead) connect(ctx context.Context, service string) (*receiver, error) {
	cmd, err := a.receive(ctx, service)
	if err != nil {
		return nil, err
	}
	r := &receiver{cmd: cmd, done: make(chan struct{})}
	if r.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait()
		close(r.done)
	}()
	return r, nil
}

// Send sends the service's binary, if its pod is connected. A connection over which it does not arrive in time, or before ctx ends, is given up.
func (a *Ahead) Send(ctx context.Context, service string) {
	select {
	case r := <-a.waiting[service]:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		// Its end ends the writing too.
		defer context.AfterFunc(ctx, func() { _ = r.cmd.Process.Kill() })()
		// Whatever goes wrong with it, Tilt's own copy makes good.
		_ = errors.Join(a.write(r.input, service), r.input.Close())
		<-r.done
	default:
	}
}

func (a *Ahead) write(to io.Writer, service string) error {
	content, err := os.ReadFile(filepath.Join(a.root, Binary(service)))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(to)
	header := tar.Header{Typeflag: tar.TypeReg, Name: path.Join(Folder, service)[1:], Mode: 0o755, Size: int64(len(content))}
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	if _, err := archive.Write(content); err != nil {
		return err
	}
	return archive.Close()
}
