// Package nodeimage builds a kind node image without an image registry: Debian's packages, kind's own files out of its module, Kubernetes built from
// its modules, and the control plane's images preloaded. It needs Linux and root (debootstrap and chroot do); the processor is the host's.
package nodeimage

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// layout changes when the Go code of this package comes to make something else of the same inputs.
const layout = "1"

// repository of the node image in Docker; the tag is the key of every input, so an image that is there never needs to be built again.
const repository = "drydock/node"

const (
	suite         = "bookworm"
	defaultMirror = "http://deb.debian.org/debian"
)

// nodePrograms lie in the node itself, controlPlane in images of their own. The programs of one Kubernetes release come from one module.
var nodePrograms = []string{"kubelet", "kubeadm", "kubectl"}

// controlPlane maps the last part of an image's name, as kubeadm lists it, to the place of the program in the image. The names of tools are the same.
// The tags are kubeadm's, for kubeadm asks for them; the programs' versions are those of tools/, which may be newer in the last digit.
var controlPlane = map[string]string{
	"kube-apiserver":          "/usr/local/bin/kube-apiserver",
	"kube-controller-manager": "/usr/local/bin/kube-controller-manager",
	"kube-scheduler":          "/usr/local/bin/kube-scheduler",
	"kube-proxy":              "/usr/local/bin/kube-proxy",
	"etcd":                    "/usr/local/bin/etcd",
	"coredns":                 "/coredns",
}

// Builder builds the node image of one checkout.
type Builder struct {
	// Root of the repository, Cache the folder for archives and half-way results.
	Root, Cache string
	// Tools builds the programs.
	Tools *toolchain.Builder
	// Progress gets a line for each step.
	Progress io.Writer
}

// key hashes every input but the moment: Debian's packages are the newest of their suite when the base is first made, and stay until the base's
// recipe changes.
func (b *Builder) key(ctx context.Context) (string, error) {
	base, err := b.baseKey()
	if err != nil {
		return "", err
	}
	recipe, err := dirhash.HashDir(b.recipe(), "node", dirhash.Hash1)
	if err != nil {
		return "", err
	}
	kind, err := goList(ctx, b.Root, "{{.Version}}")
	if err != nil {
		return "", err
	}
	parts := []string{layout, runtime.GOARCH, base, recipe, kind, runtime.Version()}
	for _, program := range append(sortedControlPlane(), nodePrograms...) {
		key, err := b.Tools.Key(program, toolchain.Target{})
		if err != nil {
			return "", err
		}
		parts = append(parts, program, key)
	}
	return shortHash(parts...), nil
}

// baseKey hashes what the Debian base is made of.
func (b *Builder) baseKey() (string, error) {
	packages, err := b.packages()
	if err != nil {
		return "", err
	}
	return shortHash(append([]string{layout, suite, runtime.GOARCH}, packages...)...), nil
}

func (b *Builder) recipe() string { return filepath.Join(b.Root, "images", "node") }

// packages reads images/node/packages.txt: names between white space, comments from # on.
func (b *Builder) packages() ([]string, error) {
	content, err := os.ReadFile(filepath.Join(b.recipe(), "packages.txt"))
	if err != nil {
		return nil, err
	}
	var packages []string
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		packages = append(packages, strings.Fields(line)...)
	}
	return packages, lines.Err()
}

// goList asks the go command about kind's module, as go.mod pins it; "{{.Dir}}" is the folder of its files.
func goList(ctx context.Context, root, format string) (string, error) {
	var problem bytes.Buffer
	download := exec.CommandContext(ctx, "go", "mod", "download", "sigs.k8s.io/kind")
	download.Dir, download.Stderr = root, &problem
	if err := download.Run(); err != nil {
		return "", fmt.Errorf("download kind's module: %w: %s", err, problem.String())
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", format, "sigs.k8s.io/kind")
	list.Dir, list.Stderr = root, &problem
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("find kind's module: %w: %s", err, problem.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// shortHash is long enough to tell builds apart and short enough for a tag.
func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:12]
}
