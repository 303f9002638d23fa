package parity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// AllowFile holds the reviewed differences; relative to the root.
const AllowFile = "eks/parity.yaml"

// limit is how many entries the list may have: a longer one is no longer reviewed.
const limit = 12

// Allow is the list of differences that are wanted.
type Allow []Entry

// Entry is one difference in the sense of a person, which may be several fields.
type Entry struct {
	// What differs, how it is on EKS and on kind, and why.
	What string `json:"what"`
	EKS  string `json:"eks"`
	Kind string `json:"kind"`
	Why  string `json:"why"`
	// Rehearsal says whose side the rehearsal takes: "eks", or "kind" where it has to substitute.
	Rehearsal string `json:"rehearsal"`
	// Fields are what the entry covers.
	Fields []Pattern `json:"fields"`
}

// Pattern covers fields of objects. A star stands for anything.
type Pattern struct {
	// Object as in [Difference].
	Object string `json:"object"`
	// Field as in [Difference]; empty covers objects that only one environment has.
	Field string `json:"field,omitempty"`
}

// ReadAllow reads and checks eks/parity.yaml below root.
func ReadAllow(root string) (Allow, error) {
	path := filepath.Join(root, filepath.FromSlash(AllowFile))
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	allow, err := parseAllow(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return allow, nil
}

func parseAllow(content []byte) (Allow, error) {
	var file struct {
		Differences Allow `json:"differences"`
	}
	if err := yaml.UnmarshalStrict(content, &file); err != nil {
		return nil, err
	}
	if len(file.Differences) > limit {
		return nil, fmt.Errorf("%d entries, at most %d: make the environments more alike", len(file.Differences), limit)
	}
	for i, entry := range file.Differences {
		if err := entry.check(); err != nil {
			return nil, fmt.Errorf("entry %d, %q: %w", i+1, entry.What, err)
		}
	}
	return file.Differences, nil
}

func (e Entry) check() error {
	if e.What == "" || e.EKS == "" || e.Kind == "" || e.Why == "" {
		return errors.New("what, eks, kind and why are required")
	}
	if e.Rehearsal != EKS.Name && e.Rehearsal != Kind.Name {
		return fmt.Errorf("rehearsal is %q, want eks or kind", e.Rehearsal)
	}
	if len(e.Fields) == 0 {
		return errors.New("it covers no field")
	}
	for _, field := range e.Fields {
		if field.Object == "" {
			return errors.New("a field without an object")
		}
	}
	return nil
}

// Substitutions are the entries for which a rehearsal takes kind's side.
func (a Allow) Substitutions() Allow {
	var those Allow
	for _, entry := range a {
		if entry.Rehearsal == Kind.Name {
			those = append(those, entry)
		}
	}
	return those
}

// Result is differences held against a list.
type Result struct {
	// Covered are the differences of each entry, in the list's order.
	Covered [][]Difference
	// Unlisted are differences that no entry covers.
	Unlisted []Difference
	// Stale are patterns that cover nothing, with their entry's name in front.
	Stale []string
}

// Judge holds differences against the list. A field that several entries cover counts for the first.
func (a Allow) Judge(differences []Difference) Result {
	result := Result{Covered: make([][]Difference, len(a))}
	used := map[string]bool{}
	for _, difference := range differences {
		listed := false
		for i, entry := range a {
			for j, pattern := range entry.Fields {
				if !pattern.covers(difference) {
					continue
				}
				used[fmt.Sprint(i, " ", j)] = true
				if !listed {
					result.Covered[i] = append(result.Covered[i], difference)
					listed = true
				}
			}
		}
		if !listed {
			result.Unlisted = append(result.Unlisted, difference)
		}
	}
	for i, entry := range a {
		for j, pattern := range entry.Fields {
			if !used[fmt.Sprint(i, " ", j)] {
				result.Stale = append(result.Stale, strings.TrimSpace(entry.What+": "+pattern.Object+" "+pattern.Field))
			}
		}
	}
	return result
}

func (p Pattern) covers(d Difference) bool {
	return (p.Field == "") == (d.Field == "") && glob(p.Object, d.Object) && glob(p.Field, d.Field)
}

// glob matches a star with anything.
func glob(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(name)
}
