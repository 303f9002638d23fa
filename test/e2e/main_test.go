//go:build e2e

// Package e2e tests the whole system on a kind cluster of its own, as `make cluster deploy` makes one: on free ports, with a kubeconfig of its own, beside
// whatever other clusters there are.
//
//	E2E_MODE=ci    a new cluster, removed at the end (the default)
//	E2E_MODE=dev   the cluster of the last run, kept
//	ARTIFACTS=dir  where a failure's logs go, by default artifacts/e2e
//	E2E_VARIANT=rehearsal  EKS's manifests on a cluster of two workers (variant_test.go), by default kind's
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// kubeCache is the environment variable by which kubectl is told where to keep what it learns of a cluster.
const kubeCache = "KUBECACHEDIR"

// settings are those of the whole suite.
var settings struct {
	root, artifacts string
	variant         variant
	// keep is the mode dev.
	keep   bool
	images images.Mode
	begin  time.Time
}

// interrupted ends when somebody presses Ctrl-C; then the cluster is still removed.
var interrupted, stopInterrupts = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)

func TestMain(m *testing.M) {
	release, err := setUp()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := m.Run()
	release()
	os.Exit(code)
}

func setUp() (release func(), err error) {
	settings.begin = time.Now()
	switch mode := os.Getenv("E2E_MODE"); mode {
	case "", "ci":
	case "dev":
		settings.keep = true
	default:
		return nil, fmt.Errorf("E2E_MODE=%s: choose ci or dev", mode)
	}
	if settings.variant, err = parseVariant(os.Getenv("E2E_VARIANT")); err != nil {
		return nil, err
	}
	if settings.images, err = images.ParseMode(os.Getenv("IMAGES")); err != nil {
		return nil, err
	}
	if settings.root, err = toolchain.Root(); err != nil {
		return nil, err
	}
	settings.artifacts = filepath.Join(settings.root, "artifacts", settings.variant.name)
	if dir := os.Getenv("ARTIFACTS"); dir != "" {
		if settings.artifacts, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(settings.artifacts, 0o755); err != nil {
		return nil, err
	}
	// It belongs to the cluster as much as the kubeconfig does.
	if err := os.Setenv(kubeCache, filepath.Join(settings.artifacts, "kube-cache")); err != nil {
		return nil, err
	}
	free, err := cluster.Claim(settings.variant.cluster)
	if err != nil {
		return nil, err
	}
	return func() {
		stopInterrupts()
		free()
	}, nil
}
