package eks

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// printer writes actions as a shell would say them.
type printer struct {
	w      io.Writer
	indent string
}

func (p *printer) line(format string, a ...any) {
	fmt.Fprintf(p.w, "%s%s\n", p.indent, fmt.Sprintf(format, a...))
}

func (p *printer) block(actions []action) {
	inner := &printer{p.w, p.indent + "  "}
	for _, a := range actions {
		a.print(inner)
	}
}

// shell is the command as it would be typed.
func (c command) shell() string {
	words := []string{c.program}
	for _, arg := range c.args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote writes an argument so that a shell passes it on unchanged, but for our variables.
func quote(arg string) string {
	switch {
	case plain.MatchString(arg):
		return arg
	case strings.Contains(arg, "${") || strings.Contains(arg, "'") && !strings.ContainsAny(arg, "!$"):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(arg) + `"`
	default:
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
}
