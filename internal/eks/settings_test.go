package eks

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/envflag"
)

func TestSettings(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string // part of the error; empty for none
	}{
		{"defaults", nil, ""},
		{"all", []string{"-datadog-site=datadoghq.eu", "-datadog-env=staging", "-datadog-tags=a:b,c:d/e", "-ingress-host=greet.example.org"}, ""},
		{"site with scheme", []string{"-datadog-site=https://datadoghq.eu"}, "a site such as"},
		{"environment with blank", []string{"-datadog-env=my demo"}, "lower-case word"},
		{"tag without value", []string{"-datadog-tags=team"}, "key:value"},
		{"host without dot", []string{"-ingress-host=greet"}, "a host name"},
		{"host with path", []string{"-ingress-host=greet.example.org/x"}, "a host name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var settings Settings
			fs := flag.NewFlagSet("eks", flag.ContinueOnError)
			settings.Bind(fs)
			err := envflag.Parse(fs, test.args, func(string) string { return "" }, io.Discard)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestReadAPIKey(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"key", " abc123\n", ""},
		{"none", "", "DATADOG_API_KEY is not set"},
		{"blank inside", "abc 123", "no API key has"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var settings Settings
			err := settings.ReadAPIKey(func(string) string { return test.value })
			if test.want == "" && (err != nil || settings.APIKey != "abc123") {
				t.Errorf("key %q, error %v", settings.APIKey, err)
			}
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if test.value != "" && strings.Contains(err.Error(), test.value) {
					t.Error("the error tells the key")
				}
			}
		})
	}
}

func TestParseCluster(t *testing.T) {
	const good = `
metadata: {name: a, region: us-west-2, version: "1.34", tags: {drydock-cluster: a}}
vpc: {nat: {gateway: HighlyAvailable}}
managedNodeGroups: [{instanceType: m6g.large, desiredCapacity: 2, volumeSize: 30}]
`
	cluster, err := parseCluster([]byte(good))
	if err != nil || cluster.NATGateways != defaultZones || cluster.Nodes != 2 {
		t.Errorf("%+v, %v", cluster, err)
	}
	if cluster, err = parseCluster([]byte(good + "availabilityZones: [us-west-2a, us-west-2b]\n")); err != nil || cluster.NATGateways != 2 {
		t.Errorf("in two zones: %+v, %v", cluster, err)
	}
	for _, test := range []struct{ name, old, replaced, want string }{
		{"no region", "region: us-west-2, ", "", "a name and a region"},
		{"tag of another", "drydock-cluster: a", "drydock-cluster: b", "metadata.tags"},
		{"two groups", "managedNodeGroups: [", "managedNodeGroups: [{}, ", "want one"},
		{"no YAML", "metadata", "{metadata", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseCluster([]byte(strings.Replace(good, test.old, test.replaced, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"plain/word=1", "plain/word=1"},
		{"two words", "'two words'"},
		{"it's", `"it's"`},
		{"!it's", `'!it'\''s'`},
		{"vpc=${VPC}", `"vpc=${VPC}"`},
	} {
		if got := quote(test.arg); got != test.want {
			t.Errorf("quote(%q) = %s, want %s", test.arg, got, test.want)
		}
	}
}
