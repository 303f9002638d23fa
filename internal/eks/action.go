package eks

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// action is a part of a step: what it does, and how a shell would say it.
type action interface {
	run(ctx context.Context, s *session) error
	print(p *printer)
}

// command calls a program. ${NAME} in an argument stands for what another command saved.
type command struct {
	program string
	args    []string
	stdin   *input
	save    string // variable that takes what it prints
}

// input is what a command reads. Its content is never printed, for it may be a secret.
type input struct {
	about   string
	content func(*session) ([]byte, error)
}

func (c command) run(ctx context.Context, s *session) error {
	if c.save != "" {
		words, err := s.ask(ctx, c)
		s.vars[c.save] = strings.Join(words, " ")
		return err
	}
	return s.call(ctx, c)
}

func (c command) print(p *printer) {
	if c.stdin != nil {
		p.line("# reads: %s", c.stdin.about)
	}
	if c.save != "" {
		p.line("%s=$(%s)", c.save, c.shell())
		return
	}
	p.line("%s", c.shell())
}

// ifNone does something when a list is empty, and otherwise something else. Lists, not failures, tell what is there:
// a program that fails for another reason must not look like an answer.
type ifNone struct {
	list      command
	then      []action
	otherwise []action
}

func (i ifNone) run(ctx context.Context, s *session) error {
	words, err := s.ask(ctx, i.list)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return runAll(ctx, s, i.then)
	}
	return runAll(ctx, s, i.otherwise)
}

func (i ifNone) print(p *printer) {
	test, first, second := "-z", i.then, i.otherwise
	if len(first) == 0 {
		test, first, second = "-n", second, nil
	}
	p.line(`if [ %s "$(%s)" ]; then`, test, i.list.shell())
	p.block(first)
	if len(second) > 0 {
		p.line("else")
		p.block(second)
	}
	p.line("fi")
}

// refuseIfAny ends the plan when a list is not empty, because a person has to do something first.
type refuseIfAny struct {
	list command
	what string
	// advice is what to do.
	advice string
}

func (r refuseIfAny) run(ctx context.Context, s *session) error {
	words, err := s.ask(ctx, r.list)
	if err != nil || len(words) == 0 {
		return err
	}
	return refusal(fmt.Sprintf("%s: %s; %s", r.what, strings.Join(words, ", "), r.advice))
}

func (r refuseIfAny) print(p *printer) {
	p.line(`if [ -n "$(%s)" ]; then`, r.list.shell())
	p.line("  echo %s >&2", quote(r.what+"; "+r.advice))
	p.line("  exit 1")
	p.line("fi")
}

// refusal is an error that the same plan, run again, would end with again.
type refusal string

func (r refusal) Error() string { return string(r) }

// given does something when an earlier command has saved something in a variable.
type given struct {
	name string
	do   []action
}

func (g given) run(ctx context.Context, s *session) error {
	if s.vars[g.name] == "" {
		return nil
	}
	return runAll(ctx, s, g.do)
}

func (g given) print(p *printer) {
	p.line(`if [ -n "${%s}" ]; then`, g.name)
	p.block(g.do)
	p.line("fi")
}

// forEach does something with each word of a list, which is in the variable name meanwhile.
type forEach struct {
	name string
	list command
	do   []action
}

func (f forEach) run(ctx context.Context, s *session) error {
	words, err := s.ask(ctx, f.list)
	if err != nil {
		return err
	}
	for _, word := range words {
		s.vars[f.name] = word
		if err := runAll(ctx, s, f.do); err != nil {
			return err
		}
	}
	return nil
}

func (f forEach) print(p *printer) {
	p.line("for %s in $(%s); do", f.name, f.list.shell())
	p.block(f.do)
	p.line("done")
}

// untilNone waits until a list is empty, and says what is on it when it never is.
type untilNone struct {
	list     command
	what     string
	patience time.Duration
	advice   string
}

func (u untilNone) run(ctx context.Context, s *session) error {
	deadline := time.Now().Add(u.patience)
	for {
		words, err := s.ask(ctx, u.list)
		if err != nil || len(words) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("still there after %v: %s: %s; %s", u.patience, u.what, strings.Join(words, ", "), u.advice)
		}
		s.tell("  waiting for %d to go: %s", len(words), u.what)
		if err := s.pause(ctx); err != nil {
			return err
		}
	}
}

func (u untilNone) print(p *printer) {
	p.line(`until [ -z "$(%s)" ]; do sleep 10; done # %s, for %v at the most`, u.list.shell(), u.what, u.patience)
}

func runAll(ctx context.Context, s *session, actions []action) error {
	for _, a := range actions {
		if err := a.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
