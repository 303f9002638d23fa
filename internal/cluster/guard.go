package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
)

// kubeconfig is the part of a kubeconfig file that says where a context leads.
type kubeconfig struct {
	Clusters []struct {
		Name    string `yaml:"name"`
		Cluster struct {
			Server string `yaml:"server"`
		} `yaml:"cluster"`
	} `yaml:"clusters"`
	Contexts []struct {
		Name    string `yaml:"name"`
		Context struct {
			Cluster string `yaml:"cluster"`
		} `yaml:"context"`
	} `yaml:"contexts"`
}

// GuardContext returns an error unless the context of the kubeconfig file (empty: kubectl's own choice) is a kind cluster of this project: named as
// ours are, and with its API server on this machine. Everything that changes a cluster asks here first, so that a command meant for the local
// cluster can never reach another.
func GuardContext(path, context string) error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("refusing kube context %q: %s; the local cluster is made by 'make cluster'", context, fmt.Sprintf(format, a...))
	}
	name, isKind := strings.CutPrefix(context, "kind-")
	if !isKind || CheckName(name) != nil {
		return refuse("it is not a kind cluster of this project (%s)", contextName(DefaultName))
	}
	config, err := readKubeconfig(path)
	if err != nil {
		return err
	}
	server, err := config.server(context)
	if err != nil {
		return refuse("%v", err)
	}
	address, err := url.Parse(server)
	if err != nil {
		return refuse("its server is %q: %v", server, err)
	}
	if ip := net.ParseIP(address.Hostname()); ip == nil || !ip.IsLoopback() {
		return refuse("its server %s is not on this machine's loopback address", server)
	}
	return nil
}

// server is where the context leads. Of several files the first that has an entry decides, as in kubectl.
func (k kubeconfig) server(context string) (string, error) {
	for _, entry := range k.Contexts {
		if entry.Name != context {
			continue
		}
		for _, candidate := range k.Clusters {
			if candidate.Name == entry.Context.Cluster {
				return candidate.Cluster.Server, nil
			}
		}
		return "", fmt.Errorf("its cluster %q is not in the kubeconfig", entry.Context.Cluster)
	}
	return "", errors.New("it is not in the kubeconfig")
}

func readKubeconfig(path string) (kubeconfig, error) {
	files := []string{path}
	if path == "" {
		files = filepath.SplitList(os.Getenv("KUBECONFIG"))
	}
	if len(files) == 0 {
		home, err := os.UserHomeDir()
		if err != nil {
			return kubeconfig{}, err
		}
		files = []string{filepath.Join(home, ".kube", "config")}
	}
	var all kubeconfig
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return kubeconfig{}, err
		}
		var one kubeconfig
		if err := yaml.Unmarshal(content, &one); err != nil {
			return kubeconfig{}, fmt.Errorf("%s: %w", file, err)
		}
		all.Clusters = append(all.Clusters, one.Clusters...)
		all.Contexts = append(all.Contexts, one.Contexts...)
	}
	return all, nil
}
