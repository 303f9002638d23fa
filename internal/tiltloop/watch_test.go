package tiltloop

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fsnotify/fsnotify"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// watching is a watched service.
type watching struct {
	*testing.T
	build   servicebuild.Build
	watcher *fsnotify.Watcher
}

// startWatch compiles a service and watches it until the test ends.
func startWatch(t *testing.T, send Sender) watching {
	t.Helper()
	build := newCheckout(t)
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- watch(ctx, watcher, forNodes(build), send) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := watcher.Close(); err != nil {
			t.Error(err)
		}
	})
	w := watching{t, build, watcher}
	w.follows("internal/words")
	return w
}

func nowhere(context.Context, string) {}

func (w watching) path(path string) string { return filepath.Join(w.build.Root, path) }

func (w watching) write(path, text string) {
	w.Helper()
	write(w.T, w.build.Root, path, text)
}

func (w watching) word(word string) {
	w.Helper()
	w.write("internal/words/words.go", "package words\n\nconst Hello = \""+word+"\"\n")
}

func (w watching) rename(from, to string) {
	w.Helper()
	if err := os.Rename(w.path(from), w.path(to)); err != nil {
		w.Fatal(err)
	}
}

// follows waits until a folder is watched.
func (w watching) follows(folder string) {
	w.Helper()
	until(w.T, "watching of "+folder, func() bool { return slices.Contains(w.watcher.WatchList(), w.path(folder)) })
}

// shows waits for a binary that holds the text.
func (w watching) shows(text string) {
	w.Helper()
	until(w.T, "binary with "+text, func() bool {
		binary, err := os.ReadFile(w.path(Binary("hello")))
		if err != nil {
			w.Fatal(err)
		}
		return strings.Contains(string(binary), text)
	})
}

// fails waits for a compile error.
func (w watching) fails() {
	w.Helper()
	until(w.T, "compile error", func() bool {
		outcome, err := LastOutcome(w.build.Root, "hello")
		return err == nil && outcome.Problem != ""
	})
}

func TestWatchCompilesWhatChanges(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	w := startWatch(t, func(context.Context, string) { sent.Add(1) })
	w.word("a word to look for")
	w.shows("a word to look for")
	w.write("internal/words/words.go", "package words\n\nimport \"github.com/drydock-dev/drydock/internal/more\"\n\nconst Hello = more.Word + \" of a new folder\"\n")
	w.shows("more of a new folder")
	// Which is watched from then on.
	w.write("internal/more/more.go", "package more\n\nconst Word = \"edited\"\n")
	w.shows("edited of a new folder")
	// So is a folder of embedded files, which no package is.
	w.write("internal/words/words.go", "package words\n\nimport \"github.com/drydock-dev/drydock/internal/more\"\n\nvar Hello = more.Word\n")
	w.write("internal/more/texts/text.txt", "an embedded text")
	w.write("internal/more/more.go", "package more\n\nimport _ \"embed\"\n\n//go:embed texts/text.txt\nvar Word string\n")
	w.shows("an embedded text")
	w.write("internal/more/texts/text.txt", "another embedded text")
	w.shows("another embedded text")
	until(t, "binary sent ahead for every edit", func() bool { return sent.Load() >= 5 })
}

func TestWatchSeesANewPackageMended(t *testing.T) {
	t.Parallel()
	for name, broken := range brokenPackages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWatch(t, nowhere)
			if broken != "" {
				w.write("internal/fresh/f.go", broken)
			}
			w.write("internal/words/words.go", wordsOf("fresh"))
			w.fails()
			w.write("internal/fresh/f.go", "package fresh\n\nconst Word = \"mended, at once\"\n")
			w.shows("mended, at once")
		})
	}
}

func TestWatchSeesMissingFilesToEmbed(t *testing.T) {
	t.Parallel()
	w := startWatch(t, nowhere)
	w.write("internal/words/words.go", "package words\n\nimport _ \"embed\"\n\n//go:embed texts/text.txt\nvar Hello string\n")
	w.fails()
	w.write("internal/words/texts/text.txt", "embedded late")
	w.shows("embedded late")
}

func TestWatchOutlivesItsFolders(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(w watching){
		"removed": func(w watching) {
			if err := os.RemoveAll(w.path("internal/words")); err != nil {
				w.Fatal(err)
			}
			w.fails()
		},
		"removed with the folder above": func(w watching) {
			if err := os.RemoveAll(w.path("internal")); err != nil {
				w.Fatal(err)
			}
			w.fails()
		},
		"renamed": func(w watching) {
			w.rename("internal/words", "internal/renamed")
			w.fails()
		},
		"renamed, and back before anybody looked": func(w watching) {
			w.rename("internal/words", "internal/renamed")
			w.rename("internal/renamed", "internal/words")
		},
		"the folder above renamed, and another in its place": func(w watching) {
			w.rename("internal", "renamed")
			w.word("of another folder")
			w.shows("of another folder")
		},
		"the service's own renamed": func(w watching) {
			w.rename("services/hello", "services/renamed")
			w.fails()
			w.rename("services/renamed", "services/hello")
		},
		"a file in the place of a folder": func(w watching) {
			w.rename("internal", "renamed")
			w.write("internal", "a file")
			w.fails()
			if err := os.Remove(w.path("internal")); err != nil {
				w.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWatch(t, nowhere)
			replace(w)
			w.word("in its place")
			w.shows("in its place")
			w.word("and edited")
			w.shows("and edited")
		})
	}
}

// Vim tries whether it may write, puts the file aside and writes another.
func TestWatchSeesASaveByRenaming(t *testing.T) {
	t.Parallel()
	w := startWatch(t, nowhere)
	for _, word := range []string{"saved by vim", "and once more"} {
		w.write("internal/words/4913", "")
		if err := os.Remove(w.path("internal/words/4913")); err != nil {
			t.Fatal(err)
		}
		w.rename("internal/words/words.go", "internal/words/words.go~")
		w.word(word)
		if err := os.Remove(w.path("internal/words/words.go~")); err != nil {
			t.Fatal(err)
		}
		w.shows(word)
	}
}

func TestWatchOutlivesLostEvents(t *testing.T) {
	t.Parallel()
	w := startWatch(t, nowhere)
	// An event that is lost, for nobody watches.
	if err := w.watcher.Remove(w.path("internal/words")); err != nil {
		t.Fatal(err)
	}
	w.word("unseen")
	w.watcher.Errors <- fsnotify.ErrEventOverflow
	w.shows("unseen")
	w.word("seen again")
	w.shows("seen again")
}

// A pod that takes nothing holds up neither Tilt nor the next edit.
func TestWatchWaitsForNoReceiver(t *testing.T) {
	t.Parallel()
	var begun, ended atomic.Int32
	w := startWatch(t, func(ctx context.Context, _ string) {
		begun.Add(1)
		<-ctx.Done()
		ended.Add(1)
	})
	w.word("the first")
	until(t, "binary on its way", func() bool { return begun.Load() == 1 })
	if _, err := compiled(t, w.build); err != nil {
		t.Error(err)
	}
	if ended.Load() != 0 {
		t.Error("the binary was not sent to the end though there was no newer one")
	}
	w.word("the second")
	until(t, "second binary on its way", func() bool { return begun.Load() == 2 })
	if ended.Load() != 1 {
		t.Error("the binary before is still on its way")
	}
}
