package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/kind/pkg/cluster"

	"github.com/drydock-dev/drydock/internal/images"
)

const (
	// readyPatience is how long a new control plane may take; it takes about 15 s on two cores.
	readyPatience = 3 * time.Minute
	// adoptPatience is how long one that was started before may take, such as after a restart of Docker.
	adoptPatience = time.Minute
)

// Up makes the cluster be there and ready. One that runs is used as it is, a stopped one is started, a half-made one is replaced.
func Up(ctx context.Context, options Options) (*Cluster, error) {
	c, err := open(options)
	if err != nil {
		return nil, err
	}
	if err := checkDocker(ctx); err != nil {
		return nil, err
	}
	current, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	if current == stopped {
		c.tell("cluster %s is stopped, starting it", c.Name)
		if err := c.wake(ctx); err != nil {
			c.tell("it does not start: %v", err)
			current = halfMade
		} else if current, err = c.state(ctx); err != nil {
			return nil, err
		}
	}
	switch current {
	case running:
		return c, c.adopt(ctx, options)
	case halfMade:
		c.tell("cluster %s is half made, from a run that was cut short: replacing it", c.Name)
		if err := c.provider.Delete(c.Name, c.Kubeconfig); err != nil {
			return nil, fmt.Errorf("remove the half-made cluster: %w", err)
		}
	}
	return c, c.create(ctx, options)
}

// adopt takes a running cluster as it is and says where that differs from what was asked for.
func (c *Cluster) adopt(ctx context.Context, options Options) error {
	if err := c.awaitNodes(ctx, adoptPatience); err != nil {
		return fmt.Errorf("cluster %s runs but does not answer, 'make down cluster' makes it anew: %w", c.Name, err)
	}
	if err := c.keepServicesInside(); err != nil {
		return err
	}
	wanted, err := fingerprint(options)
	if err != nil {
		return err
	}
	made, err := c.readMarker()
	if err != nil {
		return err
	}
	if made != wanted {
		c.tell("cluster %s is running, made from another %s or number of workers: 'make down cluster' makes it anew", c.Name, configFile)
	} else {
		c.tell("cluster %s is running", c.Name)
	}
	// The context may have been removed, or the kubeconfig be another one.
	if err := c.ExportKubeconfig(); err != nil {
		return err
	}
	c.Ports, err = c.publishedPorts(ctx)
	return err
}

func (c *Cluster) create(ctx context.Context, options Options) error {
	if err := checkRoom(ctx); err != nil {
		return err
	}
	if warning := tooFewWatchers(inotifyInstances, 1+options.Workers); warning != "" {
		c.tell("%s", warning)
	}
	list, err := images.ReadList(options.Root)
	if err != nil {
		return err
	}
	image, own, err := images.New(options.Root, c.progress).Node(ctx, options.Mode, list)
	if err != nil {
		return fmt.Errorf("node image: %w", err)
	}
	mark, err := fingerprint(options)
	if err != nil {
		return err
	}
	config, err := readConfig(options.Root)
	if err != nil {
		return err
	}
	// After the image, which may take long, and so close to their use.
	if c.Ports, err = choosePorts(ctx, options.Ports); err != nil {
		return err
	}
	adapt(config, options, c.Ports, image)

	start := time.Now()
	err = c.interruptible(ctx, func() error {
		err := c.provider.Create(c.Name,
			cluster.CreateWithV1Alpha4Config(config),
			cluster.CreateWithKubeconfigPath(c.Kubeconfig),
			cluster.CreateWithWaitForReady(readyPatience),
		)
		if err != nil {
			return err
		}
		if own && options.Workers > 0 {
			if err := c.connectNodes(ctx); err != nil {
				return err
			}
		}
		if options.Workers > 0 {
			if err := c.awaitNodes(ctx, readyPatience); err != nil {
				return err
			}
		}
		if err := c.keepServicesInside(); err != nil {
			return err
		}
		return c.writeMarker(mark)
	})
	if err != nil {
		return fmt.Errorf("create cluster %s: %w", c.Name, err)
	}
	c.tell("cluster %s is ready after %s; context %s", c.Name, time.Since(start).Round(100*time.Millisecond), c.Context)
	return nil
}

// interruptible runs what kind does, which knows no context, and takes everything away when it fails or the context ends first.
func (c *Cluster) interruptible(ctx context.Context, do func() error) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = do()
	}()
	select {
	case <-done:
		if err != nil {
			err = errors.Join(err, c.provider.Delete(c.Name, c.Kubeconfig))
		}
		return err
	case <-ctx.Done():
		c.tell("interrupted, removing what there is of cluster %s", c.Name)
		// Without its containers the running step fails; a container that it started meanwhile goes with the second call.
		removed := c.provider.Delete(c.Name, c.Kubeconfig)
		<-done
		return errors.Join(ctx.Err(), removed, c.provider.Delete(c.Name, c.Kubeconfig))
	}
}

func (c *Cluster) tell(format string, a ...any) { fmt.Fprintf(c.progress, format+"\n", a...) }
