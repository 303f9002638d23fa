package main

import (
	"strings"
	"testing"
)

func nothing(string) string { return "" }

func TestHelpTellsSettings(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"--help"}, nothing, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CLUSTER_NAME", "OVERLAY", "PLATFORM", "IMAGES", "PATIENCE"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help lacks %s", want)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	for _, c := range []struct {
		arg, want string
	}{
		{"-cluster-name=production", "production"},
		{"-images=guess", "choose auto, pull or source"},
		{"-patience=soon", "want a duration"},
		{"extra", "extra"},
	} {
		var out strings.Builder
		if err := run(t.Context(), []string{c.arg}, nothing, &out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.arg, err, c.want)
		}
	}
}
