// Package envflag gives command-line flags an environment fallback and errors
// that say which setting is wrong and what is allowed.
package envflag

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ErrHelp is returned by Parse after the help text was asked for and printed.
var ErrHelp = flag.ErrHelp

// Parse sets the flags of fs from args and, where args say nothing, from the
// environment: the flag greeter-timeout reads GREETER_TIMEOUT. An empty variable
// counts as unset. All wrong settings are reported in one error, each by its name.
func Parse(fs *flag.FlagSet, args []string, getenv func(string) string, help io.Writer) error {
	fs.SetOutput(io.Discard) // the error says it all; flag would print it a second time
	fs.Usage = func() { usage(fs, help) }
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: settings are flags or environment variables, see -help", fs.Arg(0))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var wrong []error
	fs.VisitAll(func(f *flag.Flag) {
		value := getenv(EnvName(f.Name))
		if value == "" || given[f.Name] {
			return
		}
		if err := f.Value.Set(value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s=%s: %w", EnvName(f.Name), shown(f, value), err))
		}
	})
	return errors.Join(wrong...)
}

func shown(f *flag.Flag, value string) string {
	if _, hide := f.Value.(*secret); hide {
		return "(hidden)"
	}
	return strconv.Quote(value)
}

// EnvName returns the environment variable of a flag: upper case, dashes to underscores.
func EnvName(flagName string) string {
	return strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

func usage(fs *flag.FlagSet, w io.Writer) {
	fmt.Fprintf(w, "Usage of %s: each setting is a flag or an environment variable; the flag wins.\n\n", fs.Name())
	fs.VisitAll(func(f *flag.Flag) {
		fmt.Fprintf(w, "  -%s, %s (default %q)\n    \t%s\n", f.Name, EnvName(f.Name), f.DefValue, f.Usage)
	})
}

// value is a flag.Value of any type that can be parsed and printed.
type value[T any] struct {
	p     *T
	parse func(string) (T, error)
}

func (v value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err == nil {
		*v.p = parsed
	}
	return err
}

func (v value[T]) String() string {
	if v.p == nil { // flag makes a zero value to compare defaults with
		return ""
	}
	return fmt.Sprint(*v.p)
}

// Var defines a flag whose value parse checks; the error of parse should say
// what is allowed, for it is shown behind the name and the value.
func Var[T any](fs *flag.FlagSet, p *T, name string, def T, usage string, parse func(string) (T, error)) {
	*p = def
	fs.Var(value[T]{p, parse}, name, usage)
}

// Port defines a TCP port flag. Zero, "any free port", is allowed where zeroOK says so.
func Port(fs *flag.FlagSet, p *int, name string, def int, zeroOK bool, usage string) {
	lowest := 1
	if zeroOK {
		lowest = 0
	}
	Var(fs, p, name, def, usage, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lowest || n > 65535 {
			return 0, fmt.Errorf("want a port from %d to 65535", lowest)
		}
		return n, nil
	})
}

// Duration defines a duration flag with bounds, both inclusive.
func Duration(fs *flag.FlagSet, p *time.Duration, name string, def, lowest, highest time.Duration, usage string) {
	Var(fs, p, name, def, usage, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < lowest || d > highest {
			return 0, fmt.Errorf("want a duration from %v to %v, such as %v", lowest, highest, def)
		}
		return d, nil
	})
}

// OneOf defines a flag that takes one of some words.
func OneOf(fs *flag.FlagSet, p *string, name, def, usage string, words ...string) {
	Var(fs, p, name, def, usage+": "+strings.Join(words, ", "), func(s string) (string, error) {
		for _, w := range words {
			if s == w {
				return s, nil
			}
		}
		return "", fmt.Errorf("want one of %s", strings.Join(words, ", "))
	})
}

// Secret defines a text flag that prints as nothing but its presence, so that
// neither help nor a log of the settings tells it.
func Secret(fs *flag.FlagSet, p *string, name, usage string) {
	fs.Var((*secret)(p), name, usage)
}

type secret string

func (s *secret) Set(v string) error {
	for _, r := range v {
		if r <= ' ' || r > '~' {
			return errors.New("want printable ASCII without spaces")
		}
	}
	*s = secret(v)
	return nil
}

func (s *secret) String() string {
	if s == nil || *s == "" {
		return ""
	}
	return "(set)"
}
