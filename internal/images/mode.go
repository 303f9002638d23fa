package images

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
)

// Mode says where images come from.
type Mode string

// The modes. Auto pulls and, where the image's registry does not answer, builds from source.
const (
	Auto   Mode = "auto"
	Pull   Mode = "pull"
	Source Mode = "source"
)

// ParseMode reads the value of the environment variable IMAGES; empty is [Auto].
func ParseMode(value string) (Mode, error) {
	switch mode := Mode(value); mode {
	case "":
		return Auto, nil
	case Auto, Pull, Source:
		return mode, nil
	default:
		return "", fmt.Errorf("IMAGES=%s: choose auto, pull or source", value)
	}
}

// patience is how long a registry may take to answer at all before it counts as out of reach.
const patience = 3 * time.Second

// registries remembers which registries answer, so that each is asked once.
type registries struct {
	client  http.Client
	answers map[string]bool
}

// reach reports whether the registry of a reference answers as a registry does. A proxy's refusal or a login page is no answer.
func (r *registries) reach(ctx context.Context, reference string) bool {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return false
	}
	host := ref.Context().RegistryStr()
	if known, asked := r.answers[host]; asked {
		return known
	}
	if r.answers == nil {
		r.answers = map[string]bool{}
	}
	r.answers[host] = r.ask(ctx, ref.Context().Scheme()+"://"+host+"/v2/")
	return r.answers[host]
}

func (r *registries) ask(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := r.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK || response.StatusCode == http.StatusUnauthorized
}
