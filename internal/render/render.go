package render

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// kubeVersion is what charts are told of the cluster: the version that kind-arm64.yaml
// and tools/kubernetes pin.
const kubeVersion = "1.34.4"

// Files are rendered files: content by path from the root of the checkout, with slashes.
type Files map[string][]byte

// Render renders a platform with the pinned helm, which is built when the cache lacks it.
// The same pins and values give the same bytes.
func Render(ctx context.Context, tools *toolchain.Builder, p Platform) (Files, error) {
	tool, err := tools.Tool(p.Tool)
	if err != nil {
		return nil, err
	}
	module, err := tools.ModuleDir(ctx, tool.Module, p.Module)
	if err != nil {
		return nil, err
	}
	chart := filepath.Join(module, filepath.FromSlash(p.Chart))
	header := fmt.Sprintf("# Rendered by `make render` from %s of %s %s and the values beside it. Do not edit.\n", p.Chart, p.Module, tool.Version)

	files := Files{}
	if p.Variant == "" {
		if err := addCRDs(files, p, chart, header); err != nil {
			return nil, err
		}
	}
	manifests, err := template(ctx, tools, p, chart, strings.TrimPrefix(tool.Version, "v"))
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", p.Name, err)
	}
	files[path.Join(p.Dir(), "rendered.yaml")] = append([]byte(header), manifests...)
	return files, nil
}

// addCRDs adds the chart's CRDs, a file for each, as the chart has them.
func addCRDs(files Files, p Platform, chart, header string) error {
	paths, err := filepath.Glob(filepath.Join(chart, "crds", "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range paths {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		content := bytes.TrimPrefix(bytes.TrimSpace(data), []byte("---\n"))
		files[path.Join(p.Dir(), "crds", filepath.Base(file))] = append(append([]byte(header), content...), '\n')
	}
	return nil
}

// template runs `helm template` in an empty home of its own, so that no plugin, no
// repository and no cluster of the user has a say.
func template(ctx context.Context, tools *toolchain.Builder, p Platform, chart, version string) ([]byte, error) {
	helm, err := tools.Path(ctx, "helm", toolchain.Target{})
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "drydock-helm-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(home)

	args := []string{
		"template", p.Release, chart,
		"--namespace", p.Namespace,
		"--kube-version", kubeVersion,
		"--set-string", p.TagValue + "=" + version,
	}
	for _, file := range p.values() {
		args = append(args, "--values", filepath.Join(tools.Root, filepath.FromSlash(file)))
	}
	cmd := exec.CommandContext(ctx, helm, args...)
	cmd.Env = []string{"HOME=" + home, "KUBECONFIG=" + os.DevNull, "PATH=" + os.Getenv("PATH")}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("helm template: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return tidy(out), nil
}

var (
	separator  = regexp.MustCompile(`(?m)^---\n`)
	comment    = regexp.MustCompile(`(?m)^\s*#.*$`)
	trailing   = regexp.MustCompile(`(?m)[ \t]+$`)
	emptyLines = regexp.MustCompile(`\n{2,}`)
)

// tidy drops what templates leave behind: documents without content, blanks at the
// ends of lines, empty lines.
func tidy(rendered []byte) []byte {
	var out bytes.Buffer
	for _, document := range separator.Split(string(rendered), -1) {
		if strings.TrimSpace(comment.ReplaceAllString(document, "")) == "" {
			continue
		}
		document = trailing.ReplaceAllString(document, "")
		document = emptyLines.ReplaceAllString(document, "\n")
		out.WriteString("---\n" + strings.TrimSpace(document) + "\n")
	}
	return out.Bytes()
}
