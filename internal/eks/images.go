package eks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/images/ociarchive"
)

// arch is the processor of the nodes in eks/cluster.yaml.
const arch = "arm64"

// OwnRepositories are the images of our own services, as images/images.yaml below root lists them.
func OwnRepositories(root string) ([]string, error) {
	list, err := images.ReadList(root)
	if err != nil {
		return nil, err
	}
	var own []string
	for _, image := range list {
		if image.Service() {
			own = append(own, image.Reference)
		}
	}
	return own, nil
}

// NewPublisher returns a Publisher of the checkout at root.
func NewPublisher(root string, progress io.Writer) Publisher {
	return func(ctx context.Context, registry Registry, repositories []string, tell func(string, ...any)) ([]published, error) {
		list, err := images.ReadList(root)
		if err != nil {
			return nil, err
		}
		store := images.New(root, progress)
		var done []published
		for _, image := range list {
			if !image.Service() {
				continue
			}
			made, err := makeImage(ctx, store, image)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", image.Name, err)
			}
			pushed, err := registry.push(ctx, image.Reference, made, tell)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", image.Name, err)
			}
			done = append(done, pushed)
		}
		if len(done) != len(repositories) {
			return nil, fmt.Errorf("%d images for %d repositories", len(done), len(repositories))
		}
		return done, nil
	}
}

// makeImage is the very image that a kind cluster on an arm64 host runs: same source, same digest.
func makeImage(ctx context.Context, store *images.Store, image images.Image) (v1.Image, error) {
	binary, err := store.ServiceBinary(ctx, arch, image)
	if err != nil {
		return nil, err
	}
	return ociarchive.Scratch(ociarchive.Program{
		Binary: binary, Path: image.Source.Path, User: image.Source.User, Env: image.Source.Env, Arch: arch,
	})
}

// push pushes an image unless the registry has it. Its tag is the beginning of its digest, as on kind.
func (r Registry) push(ctx context.Context, repository string, image v1.Image, tell func(string, ...any)) (published, error) {
	digest, err := image.Digest()
	if err != nil {
		return published{}, err
	}
	result := published{Repository: repository, Tag: digest.Hex[:12], Digest: digest.String()}
	target, err := name.NewTag(r.Host + "/" + repository + ":" + result.Tag)
	if err != nil {
		return published{}, err
	}
	options := []remote.Option{
		remote.WithContext(ctx),
		remote.WithAuth(&authn.Basic{Username: r.User, Password: r.Password}),
	}
	there, err := remote.Head(target, options...)
	var answer *transport.Error
	switch {
	case err == nil && there.Digest == digest:
		tell("  %s has %s:%s", r.Host, repository, result.Tag)
		return result, nil
	case err == nil:
		return published{}, fmt.Errorf("%s is another image there, %s", target, there.Digest)
	case !errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound:
		return published{}, err
	}
	if err := remote.Write(target, image, options...); err != nil {
		return published{}, fmt.Errorf("push %s: %w", target, err)
	}
	tell("  pushed %s@%s", target, digest)
	return result, nil
}
