// Command load-job runs the load inside the local cluster, as a Job with a sidecar of its
// own, shows its log, keeps its report, and ends as the Job did.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

const (
	overlay   = "k8s/overlays/load"
	namespace = "--namespace=dapr-services"
	job       = "job/load"
)

type settings struct {
	where    cluster.Options
	mode     images.Mode
	out      string
	patience time.Duration
}

func parse(args []string, getenv func(string) string, stdout io.Writer) (settings, error) {
	set := settings{where: cluster.Options{Progress: stdout}}
	fs := flag.NewFlagSet("load-job", flag.ContinueOnError)
	fs.StringVar(&set.where.Name, "cluster-name", cluster.DefaultName, "name of the cluster: drydock, or drydock-<word>")
	fs.StringVar(&set.where.Kubeconfig, "cluster-kubeconfig", "", "kubeconfig file that has the context; empty: kubectl's own choice")
	fs.StringVar(&set.out, "out", "artifacts/load-job", "folder for the report")
	envflag.Var(fs, &set.mode, "images", images.Auto, "where images come from: auto (pulled, else built), pull or source", images.ParseMode)
	envflag.Duration(fs, &set.patience, "patience", deploy.DefaultPatience, time.Second, time.Hour, "how long each wait may take")
	return set, envflag.Parse(fs, args, getenv, stdout)
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	set, err := parse(args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if set.where.Root, err = toolchain.Root(); err != nil {
		return err
	}
	there, err := cluster.Find(ctx, set.where)
	if err != nil {
		return err
	}
	client, err := kube.New(ctx, there)
	if err != nil {
		return err
	}
	// A Job runs once and cannot be changed.
	if _, err := client.Run(ctx, nil, "delete", job, namespace, "--ignore-not-found", "--wait"); err != nil {
		return err
	}
	if _, err := deploy.Run(ctx, there, deploy.Options{Root: set.where.Root, Overlay: overlay, Mode: set.mode, Patience: set.patience, Progress: stdout}); err != nil {
		return err
	}
	return collect(ctx, there, client, set, stdout)
}

// collect waits for the Job's end, shows what it said and keeps its report.
func collect(ctx context.Context, there *cluster.Cluster, client *kube.Client, set settings, stdout io.Writer) error {
	// Either condition is the end; the one that does not come would wait for ever.
	_, err := client.Run(ctx, nil, "wait", job, namespace, "--for=jsonpath={.status.conditions[?(@.status==\"True\")].status}=True", "--timeout="+set.patience.String())
	if err != nil {
		return fmt.Errorf("the load does not end: %w", err)
	}
	log, err := client.Run(ctx, nil, "logs", job, namespace, "--container=load")
	if err != nil {
		return err
	}
	text, encoded := split(string(log))
	fmt.Fprint(stdout, text)
	if encoded == "" {
		return errors.New("the load ended without a report; its log says why")
	}
	var r result.Result
	if err := json.Unmarshal([]byte(encoded), &r); err != nil {
		return fmt.Errorf("the load's report: %w", err)
	}
	// The pod knew the system by names that only a pod can look up.
	r.Run.Where = "the cluster " + there.Name + ", from a pod in it"
	r.Run.TraceUI = fmt.Sprintf("http://127.0.0.1:%d/trace/", there.Ports.Traces)
	if err := load.WriteFiles(set.out, &r); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "report: %s\n", filepath.Join(set.out, load.HTMLFile))
	if !r.Verdict.OK {
		return errors.New("the run failed: " + strings.Join(r.Verdict.Failed, "; "))
	}
	return nil
}

// split tells the log's words from the report, which is the line that begins as its JSON does.
func split(log string) (text, report string) {
	var words strings.Builder
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, `{"version":`) {
			report = line
		} else {
			words.WriteString(line)
		}
	}
	return words.String(), report
}
