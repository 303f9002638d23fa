package eks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Plan is what a command does, in order.
type Plan struct {
	// Name is the command.
	Name string

	project  *Project
	steps    []step
	programs []string
}

// step is a part of a plan that a person has a word for. Each can be repeated: what is there already stays.
type step struct {
	title   string
	actions []action
}

// Print writes the plan as a shell script with a comment for each step, and calls nothing.
func (p *Plan) Print(w io.Writer) {
	for _, export := range p.project.exports() {
		fmt.Fprintf(w, "export %s=%s\n", export[0], quoteEmpty(export[1]))
	}
	for i, step := range p.steps {
		fmt.Fprintf(w, "\n# %d/%d %s\n", i+1, len(p.steps), step.title)
		for _, a := range step.actions {
			a.print(&printer{w: w})
		}
	}
}

func quoteEmpty(value string) string {
	if value == "" {
		return `""`
	}
	return quote(value)
}

// Run carries the plan out and tells each step. After an error everything that was done stays, and the same plan,
// run again, goes on from there.
func (p *Plan) Run(ctx context.Context, out io.Writer) error {
	return p.run(ctx, newSession(p.project, out))
}

func (p *Plan) run(ctx context.Context, s *session) error {
	if err := p.findPrograms(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.project.kubeconfig()), 0o700); err != nil {
		return err
	}
	for i, step := range p.steps {
		s.tell("[%d/%d] %s", i+1, len(p.steps), step.title)
		if err := runAll(ctx, s, step.actions); err != nil {
			err = fmt.Errorf("%s, step %d of %d, %s: %w", p.Name, i+1, len(p.steps), step.title, err)
			if _, refused := errors.AsType[refusal](err); refused {
				return err
			}
			return fmt.Errorf("%w\nWhat is done stays done; run the same command again, it goes on here", err)
		}
	}
	return nil
}

// where says how to get the programs that are called.
var where = map[string]string{
	"aws":     "the AWS CLI, version 2",
	"eksctl":  "eksctl 0.222.0 or newer, from eksctl.io",
	"kubectl": "kubectl 1.33 or newer",
	"helm":    "Helm 3.14 or newer",
}

func (p *Plan) findPrograms() error {
	var missing []string
	for _, program := range p.programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, where[program])
		}
	}
	if len(missing) > 0 {
		return errors.New("not on the PATH: " + strings.Join(missing, "; "))
	}
	return nil
}

// aws, eksctl, kubectl and helm are commands of these programs; in the text, blanks part the arguments.
func aws(text string, more ...string) command {
	return command{program: "aws", args: append(strings.Fields(text), more...)}
}

// query is what a JMESPath expression finds in the answer, as words: that is what lists are read from.
func query(text, expression string) command {
	return aws(text, "--query", expression, "--output", "text")
}

func eksctl(text string) command { return command{program: "eksctl", args: strings.Fields(text)} }

func kubectl(text string, more ...string) command {
	return command{program: "kubectl", args: append(strings.Fields(text), more...)}
}

func helm(text string, more ...string) command {
	return command{program: "helm", args: append(strings.Fields(text), more...)}
}

// into makes the command save what it prints.
func (c command) into(name string) command {
	c.save = name
	return c
}

// reading makes the command read input.
func (c command) reading(about string, content func(*session) ([]byte, error)) command {
	c.stdin = &input{about, content}
	return c
}
