// Package cluster makes, finds and removes the kind clusters of this project: the developer's, and those that tests make beside it. It touches no
// other cluster: ours are called drydock or drydock-<something>, and their API servers listen on loopback.
package cluster

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"

	"sigs.k8s.io/kind/pkg/cluster"
	"sigs.k8s.io/kind/pkg/cluster/nodes"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// DefaultName is the developer's cluster.
const DefaultName = "drydock"

// Node ports that kind-arm64.yaml maps to the host.
const (
	CommsNodePort  = 30080
	TracesNodePort = 30686
	OTLPNodePort   = 30318
)

// Ports are the ports on 127.0.0.1 where a cluster answers; as an option, 0 chooses a free one.
type Ports struct {
	// Comms answers POST /greet, Traces serves the trace UI and its query API, OTLP takes spans over HTTP.
	Comms, Traces, OTLP int
}

// DefaultPorts are those of kind-arm64.yaml.
func DefaultPorts() Ports { return Ports{Comms: 8080, Traces: 16686, OTLP: 4318} }

// Options say which cluster is meant and how it is made.
type Options struct {
	// Root of the repository.
	Root string
	// Name is DefaultName or begins with it and a dash.
	Name string
	// Kubeconfig is the file that gets the context; empty is kubectl's own choice ($KUBECONFIG, ~/.kube/config).
	Kubeconfig string
	// Workers is the number of nodes beside the control plane. Without workers, pods run on the control plane.
	Workers int
	// Ports on the host; zero values choose free ones.
	Ports Ports
	// Mode says where the node image comes from.
	Mode images.Mode
	// Progress gets a line for each step.
	Progress io.Writer
}

var namePattern = regexp.MustCompile(`^` + DefaultName + `(-[a-z0-9]+)*$`)

// CheckName refuses a name that is not ours. The length keeps a node's host name within 63 characters.
func CheckName(name string) error {
	if !namePattern.MatchString(name) || len(name) > 40 {
		return fmt.Errorf("cluster name %q: want %s or %s-<lower case letters and digits>, at most 40 characters", name, DefaultName, DefaultName)
	}
	return nil
}

// Cluster is a cluster that is there.
type Cluster struct {
	// Name of the cluster, and the context of it in the kubeconfig file at Kubeconfig (empty: kubectl's own choice).
	Name, Context, Kubeconfig string
	// Ports on 127.0.0.1.
	Ports Ports

	root     string
	provider *cluster.Provider
	progress io.Writer
}

func open(options Options) (*Cluster, error) {
	if err := CheckName(options.Name); err != nil {
		return nil, err
	}
	progress := &lines{to: options.Progress}
	if progress.to == nil {
		progress.to = io.Discard
	}
	return &Cluster{
		Name: options.Name, Context: contextName(options.Name), Kubeconfig: options.Kubeconfig,
		root: options.Root, progress: progress,
		provider: cluster.NewProvider(cluster.ProviderWithDocker(), cluster.ProviderWithLogger(logger{progress})),
	}, nil
}

func contextName(name string) string { return "kind-" + name }

// Find returns the cluster that options name, without changing anything; an error says that it is not there or does not run.
func Find(ctx context.Context, options Options) (*Cluster, error) {
	c, err := open(options)
	if err != nil {
		return nil, err
	}
	if err := checkDocker(ctx); err != nil {
		return nil, err
	}
	state, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	if state != running {
		return nil, fmt.Errorf("cluster %s %s: make it with 'make cluster'", c.Name, state)
	}
	c.Ports, err = c.publishedPorts(ctx)
	return c, err
}

// Kubectl is a command of the pinned kubectl on this cluster and no other; the first use may build kubectl.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (*exec.Cmd, error) {
	if err := GuardContext(c.Kubeconfig, c.Context); err != nil {
		return nil, err
	}
	program, err := toolchain.New(c.root, c.progress).Path(ctx, "kubectl", toolchain.Target{})
	if err != nil {
		return nil, err
	}
	own := []string{"--context", c.Context}
	if c.Kubeconfig != "" {
		own = append(own, "--kubeconfig", c.Kubeconfig)
	}
	return exec.CommandContext(ctx, program, append(own, args...)...), nil
}

// ExportKubeconfig writes the cluster's context into its kubeconfig file and makes it the current one.
func (c *Cluster) ExportKubeconfig() error {
	if err := c.provider.ExportKubeConfig(c.Name, c.Kubeconfig, false); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return nil
}

// ExportLogs writes the logs of all nodes and pods below dir. What can be had is there even when an error is returned.
func (c *Cluster) ExportLogs(dir string) error {
	return c.provider.CollectLogs(c.Name, dir)
}

// OnNodes runs a command in every node.
func (c *Cluster) OnNodes(command ...string) error {
	all, err := c.provider.ListInternalNodes(c.Name)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	for _, node := range all {
		if _, err := onNode(node, command...); err != nil {
			return err
		}
	}
	return nil
}

// asAdmin runs kubectl in the control plane, which is there before this machine's is built.
func (c *Cluster) asAdmin(args ...string) (string, error) {
	controlPlane, err := c.controlPlane()
	if err != nil {
		return "", err
	}
	return onNode(controlPlane, append([]string{"kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"}, args...)...)
}

// onNode runs a command in a node and returns what it prints.
func onNode(node nodes.Node, command ...string) (string, error) {
	var out, problem strings.Builder
	if err := node.Command(command[0], command[1:]...).SetStdout(&out).SetStderr(&problem).Run(); err != nil {
		return "", fmt.Errorf("%s: %s: %w: %s", node, strings.Join(command, " "), err, strings.TrimSpace(problem.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
