package eks

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Push makes the repositories and pushes the images of the services.
func (p *Project) Push() *Plan {
	return &Plan{
		Name: "push", project: p, programs: []string{"aws"},
		steps: []step{p.account(), p.repositories(), {"Images of the services", []action{p.publish()}}},
	}
}

// Deploy pushes what has changed and brings the overlay onto the cluster.
func (p *Project) Deploy() *Plan {
	return &Plan{
		Name: "deploy", project: p, programs: []string{"aws", "kubectl"},
		steps: []step{p.account(), p.enter(), p.repositories(), p.deployOverlay(), p.look()},
	}
}

// repository lists a repository of the registry, if it is there.
func repository(name string) command {
	return query("ecr describe-repositories", "repositories[?repositoryName=='"+name+"'].repositoryName")
}

func (p *Project) repositories() step {
	var actions []action
	for _, name := range p.Repositories {
		actions = append(actions, ifNone{list: repository(name), then: []action{
			// A tag that was pushed stays what it is.
			aws("ecr create-repository --repository-name " + name + " --image-tag-mutability IMMUTABLE --image-scanning-configuration scanOnPush=true" +
				" --tags Key=" + OwnerTag + ",Value=" + p.Cluster.Name),
		}})
	}
	return step{"Repositories in ECR", actions}
}

func (p *Project) deployOverlay() step {
	rollouts := []action{
		p.publish(),
		kubectl("apply --server-side -f -").reading(p.aboutOverlay(), p.renderOverlay),
	}
	if p.Settings.Host == "" {
		// An apply leaves what an earlier one has made.
		rollouts = append(rollouts, kubectl("delete ingress comms --namespace "+servicesNamespace+" --ignore-not-found --timeout=5m"))
	}
	for _, name := range p.Repositories {
		rollouts = append(rollouts, kubectl("rollout status deployment/"+serviceOf(name)+" --namespace "+servicesNamespace+" --timeout=5m"))
	}
	return step{"The services, by digest", rollouts}
}

func (p *Project) aboutOverlay() string {
	about := "k8s/overlays/eks with the digests that were pushed, env " + p.Settings.Environment
	if p.Settings.Host == "" {
		return about + ", no ingress"
	}
	return about + ", an ingress for " + p.Settings.Host
}

// serviceOf is the Deployment and container that runs an image of ours: drydock/comms is comms.
func serviceOf(repository string) string {
	return repository[strings.LastIndex(repository, "/")+1:]
}

// published is an image in the registry.
type published struct {
	// Repository as in images/images.yaml, without the registry.
	Repository string
	// Tag is for people, Digest is what runs.
	Tag, Digest string
}

// Publisher makes the services' images for Graviton and pushes to the registry what it lacks.
type Publisher func(ctx context.Context, registry Registry, repositories []string, tell func(format string, a ...any)) ([]published, error)

// Registry is where images go.
type Registry struct{ Host, User, Password string }

// publishing is the action of a [Publisher]; the images that it returns are in the session's variables afterwards.
type publishing struct{ project *Project }

func (p *Project) publish() action { return publishing{p} }

func (a publishing) login() command { return aws("ecr get-login-password") }

func (a publishing) print(p *printer) {
	p.line("# in this program, with the password of: %s", a.login().shell())
	p.line("# make linux/arm64 images of %s and push to %s those that it lacks", strings.Join(a.project.Repositories, ", "), a.project.registry())
}

func (a publishing) run(ctx context.Context, s *session) error {
	password, err := s.ask(ctx, a.login())
	if err != nil {
		return err
	}
	if len(password) != 1 {
		return errors.New("aws ecr get-login-password gave no password")
	}
	registry := Registry{Host: s.expand(a.project.registry()), User: "AWS", Password: password[0]}
	images, err := a.project.Publish(ctx, registry, a.project.Repositories, s.tell)
	if err != nil {
		return fmt.Errorf("images: %w", err)
	}
	s.images = images
	return nil
}
