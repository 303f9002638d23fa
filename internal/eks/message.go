package eks

import "context"

// message is something that a person should know.
type message string

func (m message) run(_ context.Context, s *session) error {
	s.tell("  %s", string(m))
	return nil
}

func (m message) print(p *printer) { p.line("echo %s", quote(string(m))) }
