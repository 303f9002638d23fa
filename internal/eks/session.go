package eks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// session is one run of a plan.
type session struct {
	dir  string
	env  []string
	vars map[string]string
	out  io.Writer
	// images that this run has pushed.
	images []published
	// interval between two looks at something that takes its time, and patience with AWS's index of tags.
	interval, patience time.Duration
	// start runs a program.
	start func(*exec.Cmd) error
}

func newSession(p *Project, out io.Writer) *session {
	return &session{
		dir: p.Root, env: p.environment(os.Environ()), vars: map[string]string{}, out: out, interval: 10 * time.Second, patience: indexing, start: (*exec.Cmd).Run,
	}
}

// environment is what called programs get: our own without Datadog's key, and with what keeps them on our cluster.
func (p *Project) environment(own []string) []string {
	var env []string
	for _, entry := range own {
		if !strings.HasPrefix(entry, APIKeyVariable+"=") {
			env = append(env, entry)
		}
	}
	for _, export := range p.exports() {
		env = append(env, export[0]+"="+export[1])
	}
	return env
}

// exports are the variables that every command is called with.
func (p *Project) exports() [][2]string {
	return [][2]string{
		{"AWS_REGION", p.Cluster.Region},
		{"AWS_PAGER", ""},
		{"KUBECONFIG", p.kubeconfig()},
	}
}

func (s *session) tell(format string, a ...any) { fmt.Fprintf(s.out, format+"\n", a...) }

// expand fills the variables into a text.
func (s *session) expand(text string) string {
	for name, value := range s.vars {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}

// call runs a command and shows what it prints.
func (s *session) call(ctx context.Context, c command) error {
	s.tell("  $ %s", s.expand(c.shell()))
	return s.exec(ctx, c, s.out)
}

// ask runs a command and returns the words that it prints.
func (s *session) ask(ctx context.Context, c command) ([]string, error) {
	var out bytes.Buffer
	if err := s.exec(ctx, c, &out); err != nil {
		return nil, err
	}
	// What a JMESPath query does not find, aws prints as None.
	words := strings.Fields(out.String())
	if len(words) == 1 && words[0] == "None" {
		words = nil
	}
	return words, nil
}

func (s *session) exec(ctx context.Context, c command, stdout io.Writer) error {
	args := make([]string, len(c.args))
	for i, arg := range c.args {
		args[i] = s.expand(arg)
	}
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Dir, cmd.Env, cmd.Stdout = s.dir, s.env, stdout
	// A program that is told to stop gets the time to say where it stood.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	var problem lastLines
	cmd.Stderr = io.MultiWriter(s.out, &problem)
	if c.stdin != nil {
		content, err := c.stdin.content(s)
		if err != nil {
			return fmt.Errorf("%s: %w", c.stdin.about, err)
		}
		cmd.Stdin = bytes.NewReader(content)
	}
	if err := s.start(cmd); err != nil {
		return fmt.Errorf("%s: %w%s", s.expand(c.shell()), errors.Join(ctx.Err(), err), problem.String())
	}
	return nil
}

// pause waits until it is worth looking again.
func (s *session) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.interval):
		return nil
	}
}

// lastLines keeps the end of what is written to it.
type lastLines struct{ text []byte }

const kept = 600

func (l *lastLines) Write(p []byte) (int, error) {
	l.text = append(l.text, p...)
	if len(l.text) > kept {
		l.text = l.text[len(l.text)-kept:]
	}
	return len(p), nil
}

func (l *lastLines) String() string {
	text := strings.TrimSpace(string(l.text))
	if text == "" {
		return ""
	}
	return ": " + text
}
