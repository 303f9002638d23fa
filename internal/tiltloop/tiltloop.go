// Package tiltloop is the part of the inner loop that a Tiltfile would otherwise have to say in shell: what the cluster is like, what a service is
// made of, its binary, its development image, and a Tilt to run it all.
package tiltloop

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// Dir is where binaries and notes of the loop lie, below the root; version control ignores it.
const Dir = "bin/tilt"

// Facts are what the Tiltfile asks of this machine and the cluster.
type Facts struct {
	// Arch is the nodes' processor, as in GOARCH.
	Arch string `json:"arch"`
	// Comms and Traces are addresses on this machine.
	Comms  string `json:"comms"`
	Traces string `json:"traces"`
	// Sources of each service.
	Sources map[string]Sources `json:"sources"`
}

// Sources are what a service is made of.
type Sources struct {
	// Paths are go.mod, go.sum and the folders of its packages, relative to the root.
	Paths []string `json:"paths"`
	// Others are folders below those, whose packages are no part of it.
	Others []string `json:"others"`
}

// Services are the names of the services of this repository, in the order of images/images.yaml.
func Services(root string) ([]string, error) {
	list, err := images.ReadList(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, image := range list {
		if image.Service() {
			names = append(names, image.Name)
		}
	}
	return names, nil
}

// Describe gathers the facts. It notes the sources of each service, which [Compile] keeps up to date from then on.
func Describe(ctx context.Context, root string, c *cluster.Cluster) (Facts, error) {
	facts := Facts{
		Comms:   fmt.Sprintf("http://127.0.0.1:%d", c.Ports.Comms),
		Traces:  fmt.Sprintf("http://127.0.0.1:%d", c.Ports.Traces),
		Sources: map[string]Sources{},
	}
	names, err := Services(root)
	if err != nil {
		return facts, err
	}
	if facts.Arch, err = arch(ctx, c); err != nil {
		return facts, err
	}
	for _, name := range names {
		if err := forget(root, name); err != nil {
			return facts, err
		}
		build := forNodes(servicebuild.Build{Root: root, Service: name, Arch: facts.Arch})
		if facts.Sources[name], err = noteSources(ctx, build); err != nil {
			return facts, err
		}
	}
	return facts, nil
}

// arch asks the cluster, which need not be of this machine's kind.
func arch(ctx context.Context, c *cluster.Cluster) (string, error) {
	cmd, err := c.Kubectl(ctx, "get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.architecture}")
	if err != nil {
		return "", err
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("ask cluster %s for its processor: %w", c.Name, err)
	}
	all := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(out)))))
	if len(all) != 1 {
		return "", fmt.Errorf("cluster %s has nodes of %d kinds of processors (%s); services are compiled for one", c.Name, len(all), out)
	}
	return all[0], nil
}

// noteSources finds what a service is made of, and writes it with the folders to keep into a file that the Tiltfile watches, when it is not what
// stands there.
func noteSources(ctx context.Context, build servicebuild.Build, keep ...string) (Sources, error) {
	sources, err := findSources(ctx, build, keep)
	if err != nil {
		return sources, err
	}
	content, err := json.MarshalIndent(sources, "", "  ")
	if err != nil {
		return sources, err
	}
	return sources, replace(sourcesPath(build.Root, build.Service), content)
}

func sourcesPath(root, service string) string {
	return filepath.Join(root, Dir, service+".sources.json")
}

// notedSources are those that were found last.
func notedSources(root, service string) (Sources, error) {
	var sources Sources
	content, err := os.ReadFile(sourcesPath(root, service))
	if err != nil {
		return sources, err
	}
	return sources, json.Unmarshal(content, &sources)
}

// folders are the paths without go.mod and go.sum.
func (s Sources) folders() []string { return s.Paths[len(moduleFiles):] }

// moduleFiles are what every service is made of.
var moduleFiles = []string{"go.mod", "go.sum"}

func findSources(ctx context.Context, build servicebuild.Build, keep []string) (Sources, error) {
	wanted, err := build.WantedFolders(ctx)
	if err != nil {
		return Sources{}, err
	}
	folders := slices.Compact(slices.Sorted(slices.Values(slices.Concat(wanted, keep))))
	sources := Sources{Paths: slices.Concat(moduleFiles, folders), Others: []string{}}
	for _, folder := range folders {
		entries, err := os.ReadDir(filepath.Join(build.Root, folder))
		if err != nil {
			continue // a folder that is wanted and missing, or a file to embed
		}
		for _, entry := range entries {
			below := filepath.Join(folder, entry.Name())
			isPart := func(path string) bool { return within(path, below) }
			if entry.IsDir() && !slices.ContainsFunc(folders, isPart) {
				sources.Others = append(sources.Others, below)
			}
		}
	}
	return sources, nil
}

// replace writes the file when its content is another, at once and whole. What has not changed is not touched, so that nobody who watches it wakes.
func replace(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, content, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, path)
}
