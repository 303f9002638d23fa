package eks

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"

	"github.com/drydock-dev/drydock/internal/envflag"
)

// APIKeyVariable is the environment variable with Datadog's API key. There is no flag for it, and no program that is
// called gets to see it: it goes from here into a Secret, through standard input.
const APIKeyVariable = "DATADOG_API_KEY"

// Settings are what a user may choose; the rest is in eks/cluster.yaml and the manifests.
type Settings struct {
	// Site of Datadog that the data goes to, such as datadoghq.eu.
	Site string
	// Environment is the tag env of everything in Datadog.
	Environment string
	// Tags of everything that the Agents send, as key:value.
	Tags []string
	// Host is the name under which the load balancer serves comms; empty makes no load balancer.
	Host string
	// Dashboard installs Dapr's dashboard, which is not exposed.
	Dashboard bool
	// APIKey of Datadog.
	APIKey string
}

var (
	hostPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	sitePattern = regexp.MustCompile(`^([a-z0-9-]+\.)+[a-z]+$`)
	tagPattern  = regexp.MustCompile(`^[a-z][a-z0-9_./-]*:[a-z0-9_:./-]+$`)
	wordPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)
)

// Bind makes flags of the settings, with the environment as fallback.
func (s *Settings) Bind(fs *flag.FlagSet) {
	envflag.Var(fs, &s.Site, "datadog-site", "datadoghq.com", "Datadog's site that traces and logs go to", matching(sitePattern, "a site such as datadoghq.eu"))
	envflag.Var(fs, &s.Environment, "datadog-env", "demo", "tag env in Datadog", matching(wordPattern, "a lower-case word"))
	envflag.Var(fs, (*tagList)(&s.Tags), "datadog-tags", tagList{"project:k8s-dapr"}, "further tags in Datadog, with commas between", parseTags)
	envflag.Var(fs, &s.Host, "ingress-host", "", "name under which an internal load balancer serves comms, with a certificate for it in ACM; empty: no load balancer", func(v string) (string, error) {
		if v == "" {
			return "", nil
		}
		return matching(hostPattern, "a host name such as greet.example.org")(v)
	})
	fs.BoolVar(&s.Dashboard, "dapr-dashboard", false, "also install Dapr's dashboard, reached by port-forward only")
}

// ReadAPIKey takes Datadog's API key from the environment.
func (s *Settings) ReadAPIKey(getenv func(string) string) error {
	s.APIKey = strings.TrimSpace(getenv(APIKeyVariable))
	if s.APIKey == "" {
		return fmt.Errorf("%s is not set: take an API key from your Datadog organization's settings and export it in this shell", APIKeyVariable)
	}
	if strings.ContainsFunc(s.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New(APIKeyVariable + " has characters that no API key has")
	}
	return nil
}

func matching(pattern *regexp.Regexp, what string) func(string) (string, error) {
	return func(v string) (string, error) {
		if !pattern.MatchString(v) {
			return "", errors.New("want " + what)
		}
		return v, nil
	}
}

// tagList prints as it is written.
type tagList []string

func (l tagList) String() string { return strings.Join(l, ",") }

func parseTags(v string) (tagList, error) {
	var tags tagList
	for tag := range strings.SplitSeq(v, ",") {
		if !tagPattern.MatchString(tag) {
			return nil, fmt.Errorf("%q is no tag: want key:value, lower case", tag)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}
