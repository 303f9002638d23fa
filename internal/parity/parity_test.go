package parity

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func render(t *testing.T, e Environment) Objects {
	t.Helper()
	objects, err := e.Render(root(t))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func TestEKSAndKindDifferAsReviewed(t *testing.T) {
	_, result, err := Check(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range result.Problems() {
		t.Error(problem)
	}
}

// The rehearsal differs from EKS in what the list says, in all of that, and in nothing else.
func TestRehearsalSubstitutesWhatIsListed(t *testing.T) {
	allow, err := ReadAllow(root(t))
	if err != nil {
		t.Fatal(err)
	}
	substitutions := allow.Substitutions()
	if len(substitutions) == 0 || len(substitutions) == len(allow) {
		t.Fatalf("%d substitutions of %d differences", len(substitutions), len(allow))
	}
	result := substitutions.Judge(Compare(render(t, EKS), render(t, Rehearsal)))
	for _, difference := range result.Unlisted {
		t.Errorf("%s differs from EKS, and no entry of %s says rehearsal: kind", difference, AllowFile)
	}
	for i, covered := range result.Covered {
		if len(covered) == 0 {
			t.Errorf("%q is said to be substituted, and the rehearsal has it as EKS does", substitutions[i].What)
		}
	}
}

// These never differ, whatever the list says.
func TestWhatMustNeverDiffer(t *testing.T) {
	eks := render(t, EKS)
	differences := Compare(eks, render(t, Kind))
	for _, never := range []struct {
		Pattern
		// but are fields that may.
		but []string
	}{
		{Pattern{"Configuration *", "spec*"}, nil},
		{Pattern{"Resiliency *", "s*"}, nil},
		{Pattern{"Deployment dapr-services/*", "spec.template.metadata.annotations*"}, []string{
			"spec.template.metadata.annotations[dapr.io/env][deployment.environment.name]",
			"spec.template.metadata.annotations[dapr.io/env][service.version]",
		}},
		{Pattern{"Deployment *", "*Probe*"}, nil},
		{Pattern{"Deployment *", "*securityContext*"}, nil},
		{Pattern{"Deployment *", "*resources*"}, nil},
		{Pattern{"Deployment *", "*env[*"}, nil},
		{Pattern{"Service dapr-services/*", "spec.selector*"}, nil},
		{Pattern{"Service dapr-services/*", ""}, nil},
		{Pattern{"NetworkPolicy *", "spec*"}, nil},
		{Pattern{"NetworkPolicy *", ""}, nil},
		{Pattern{"ServiceAccount dapr-services/*", ""}, nil},
		{Pattern{"CustomResourceDefinition *", "*"}, nil},
	} {
		for _, difference := range differences {
			if never.covers(difference) && !slices.Contains(never.but, difference.Field) {
				t.Errorf("%s: eks %s, kind %s", difference, difference.Left, difference.Right)
			}
		}
		if !present(eks, never.Pattern) {
			t.Errorf("EKS has nothing that %s %s stands for, so this finds no difference ever", never.Object, never.Field)
		}
	}
}

// present reports whether a pattern stands for any field, or without one for any object.
func present(objects Objects, pattern Pattern) bool {
	for name, fields := range objects {
		if !glob(pattern.Object, name) {
			continue
		}
		if pattern.Field == "" {
			return true
		}
		for field := range fields {
			if glob(pattern.Field, field) {
				return true
			}
		}
	}
	return false
}

const some = `
kind: Deployment
metadata: {name: a, namespace: ns, labels: {app.kubernetes.io/name: a}}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - {name: x, image: "i:1", args: [--a, --b]}
        - {name: z, image: "i:1"}
---
kind: Namespace
metadata: {name: ns}
`

func TestCompare(t *testing.T) {
	left := Objects{}
	if err := left.add([]byte(some)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, replaced string
		want                []Difference
	}{
		{"nothing", "", "", nil},
		{"a value", "replicas: 2", "replicas: 3", []Difference{{"Deployment ns/a", "spec.replicas", "2", "3"}}},
		{"a field less", "  replicas: 2\n", "", []Difference{{"Deployment ns/a", "spec.replicas", "2", ""}}},
		{"a label", "name: a}}", "name: b}}", []Difference{{"Deployment ns/a", "metadata.labels[app.kubernetes.io/name]", "a", "b"}}},
		{"another order", "        - {name: x, image: \"i:1\", args: [--a, --b]}\n        - {name: z, image: \"i:1\"}\n", "        - {name: z, image: \"i:1\"}\n        - {name: x, image: \"i:1\", args: [--a, --b]}\n", nil},
		{"one of two containers", "{name: z, image: \"i:1\"}", "{name: z, image: \"i:2\"}", []Difference{{"Deployment ns/a", "spec.template.spec.containers[z].image", "i:1", "i:2"}}},
		{"an argument", "--b", "--c", []Difference{{"Deployment ns/a", "spec.template.spec.containers[x].args[1]", "--b", "--c"}}},
		{"an object", "kind: Namespace\nmetadata: {name: ns}", "kind: Namespace\nmetadata: {name: ms}", []Difference{{"Namespace ms", "", "", "(the object)"}, {"Namespace ns", "", "(the object)", ""}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			right := Objects{}
			if err := right.add([]byte(strings.Replace(some, test.old, test.replaced, 1))); err != nil {
				t.Fatal(err)
			}
			if got := Compare(left, right); !slices.Equal(got, test.want) {
				t.Errorf("differences %v, want %v", got, test.want)
			}
		})
	}
	if err := left.add([]byte(some)); err == nil {
		t.Error("the same object twice is no error")
	}
}

func TestJudge(t *testing.T) {
	allow := Allow{
		{What: "scale", Fields: []Pattern{{"Deployment *", "spec.replicas"}, {"Autoscaler *", ""}}},
		{What: "old", Fields: []Pattern{{"Gone *", ""}}},
	}
	result := allow.Judge([]Difference{
		{Object: "Deployment ns/a", Field: "spec.replicas", Left: "2", Right: "1"},
		{Object: "Autoscaler n/a", Left: "(the object)"},
		// The pattern without a field is about whole objects.
		{Object: "Autoscaler n/b", Field: "spec.min", Left: "1", Right: "2"},
	})
	if len(result.Covered[0]) != 2 || len(result.Unlisted) != 1 || len(result.Stale) != 1 {
		t.Fatalf("%+v", result)
	}
	problems := strings.Join(result.Problems(), "\n")
	for _, want := range []string{"Autoscaler n/b spec.min: eks 1, kind 2; not in", "old: Gone *"} {
		if !strings.Contains(problems, want) {
			t.Errorf("problems lack %q:\n%s", want, problems)
		}
	}
}

func TestParseAllow(t *testing.T) {
	entry := "  - {what: w, eks: a, kind: b, why: c, rehearsal: eks, fields: [{object: o}]}\n"
	for _, test := range []struct{ name, content, want string }{
		{"good", "differences:\n" + entry, ""},
		{"twelve", "differences:\n" + strings.Repeat(entry, 12), ""},
		{"thirteen", "differences:\n" + strings.Repeat(entry, 13), "at most 12"},
		{"no reason", "differences:\n" + strings.Replace(entry, "why: c, ", "", 1), "are required"},
		{"no side", "differences:\n" + strings.Replace(entry, "rehearsal: eks", "rehearsal: x", 1), "want eks or kind"},
		{"no fields", "differences:\n" + strings.Replace(entry, "{object: o}", "", 1), "covers no field"},
		{"no object", "differences:\n" + strings.Replace(entry, "object: o", "field: f", 1), "without an object"},
		{"a typo", "differences:\n" + strings.Replace(entry, "why", "wy", 1), "unknown field"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseAllow([]byte(test.content))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	allow, result, err := Check(root(t))
	if err != nil {
		t.Fatal(err)
	}
	var short, long bytes.Buffer
	for _, print := range []struct {
		to  *bytes.Buffer
		all bool
	}{{&short, false}, {&long, true}} {
		if err := Print(print.to, allow, result, print.all); err != nil {
			t.Fatal(err)
		}
	}
	for _, entry := range allow {
		if !strings.Contains(short.String(), entry.What) || !strings.Contains(short.String(), entry.Why) {
			t.Errorf("the table lacks %q or its reason", entry.What)
		}
	}
	const field = "Deployment dapr-services/comms spec.replicas"
	if strings.Contains(short.String(), field) || !strings.Contains(long.String(), field) {
		t.Errorf("%s is to be printed when all is asked for", field)
	}
}
