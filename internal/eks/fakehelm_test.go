package eks

import (
	"errors"
	"fmt"
	"strings"
)

// helm keeps of a release whether its objects are there ("release"), whether a revision of it once was there as a whole
// ("deployed"), and whether its last revision was cut short ("pending").
func (w *world) helm(line string) ([]string, error) {
	words := strings.Fields(line)
	switch words[1] {
	case "list":
		release := strings.TrimSuffix(strings.TrimPrefix(flagValue(line, "--filter"), "^"), "$")
		return w.named("pending", "'"+release+"'"), nil
	case "upgrade":
		return nil, w.upgrade(words[3], line)
	case "rollback":
		if !w.Has["deployed "+words[2]] {
			return nil, fmt.Errorf("release %s has no revision 0", words[2])
		}
		return nil, w.remove("pending " + words[2])
	case "uninstall":
		if !strings.Contains(line, "--ignore-not-found") {
			return nil, fmt.Errorf("%q fails when it is repeated", line)
		}
		for _, kind := range []string{"release", "deployed", "pending", "sick"} {
			delete(w.Has, kind+" "+words[2])
		}
		return nil, nil
	}
	return nil, fmt.Errorf("fake helm knows no %q", line)
}

func (w *world) upgrade(release, line string) error {
	if flagValue(line, "--version") == "" || flagValue(line, "--repo") == "" {
		return fmt.Errorf("%q pins nothing", line)
	}
	if w.Has["pending "+release] {
		return errors.New("another operation (install/upgrade/rollback) is in progress")
	}
	w.Has["release "+release], w.Has["deployed "+release] = true, true
	for _, crd := range crds[release] {
		w.Has["crd "+crd] = true
	}
	return nil
}

// cutShort is what a call of helm leaves that lost its connection at the end.
func (w *world) cutShort(line string) error {
	words := strings.Fields(line)
	release := words[2]
	if words[1] == "upgrade" {
		release = words[3]
	}
	deployed := w.Has["deployed "+release] && words[1] != "uninstall"
	if _, err := w.helm(line); err != nil || words[1] == "list" {
		return err
	}
	w.Has["pending "+release] = true
	delete(w.Has, "deployed "+release)
	if deployed {
		w.Has["deployed "+release] = true
	}
	return nil
}
