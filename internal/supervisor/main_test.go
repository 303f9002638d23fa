//go:build linux

package supervisor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// The test binary plays three parts: the tests, the supervisor, which must be a process of its own, and the service that it supervises, which is
// a copy of the test binary with a line behind its end that tells its version.
const (
	configEnv = "SUPERVISOR_TEST_CONFIG" // JSON of testConfig; makes a plain test binary the supervisor
	mark      = "\n#service "
)

func TestMain(m *testing.M) {
	if version := ownVersion(); version != "" {
		os.Exit(service(version))
	}
	if config := os.Getenv(configEnv); config != "" {
		os.Exit(superviseForTest(config))
	}
	os.Exit(m.Run())
}

func ownVersion() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	tail := make([]byte, 64)
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	if _, err := file.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return ""
	}
	_, version, _ := bytes.Cut(tail, []byte(mark))
	return string(version)
}

// service answers with its version, as a service of this project would: address from the environment, orderly end after SIGTERM. Versions "crash"
// and "deaf" do what they are called.
func service(version string) int {
	switch version {
	case "crash":
		fmt.Fprintln(os.Stderr, "no luck")
		return 3
	case "deaf":
		time.Sleep(time.Minute)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		if pause, err := time.ParseDuration(r.URL.Query().Get("sleep")); err == nil {
			time.Sleep(pause)
		}
		fmt.Fprint(w, version)
	})
	mux.HandleFunc("/echo/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Forwarded-For"))
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, os.Getenv(r.URL.Query().Get("name"))) })
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(4) })
	mux.HandleFunc("/orphan", func(w http.ResponseWriter, r *http.Request) {
		pid, err := exec.CommandContext(r.Context(), "sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!").Output()
		fmt.Fprintf(w, "%s%v", pid, err)
	})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	mux.HandleFunc("/usr1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, <-signals) })

	server := http.Server{Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")), Handler: mux}
	served := make(chan error, 1)
	go func() { served <- server.ListenAndServe() }()
	select {
	case err := <-served:
		fmt.Fprintln(os.Stderr, err)
		return 1
	case <-ctx.Done():
	}
	if err := server.Shutdown(context.Background()); err != nil {
		return 1
	}
	return 7
}

func superviseForTest(folder string) int {
	delay, _ := time.ParseDuration(os.Getenv("SHUTDOWN_DELAY"))
	wrap := []string(nil)
	if command := os.Getenv("SUPERVISOR_WRAP"); command != "" {
		wrap = []string{command}
	}
	code, err := Run(context.Background(), Config{
		Program: os.Args[1], Folder: folder, Address: "127.0.0.1:0", ShutdownDelay: delay, Wrap: wrap, Exclusive: wrap != nil,
		Log: slog.New(slog.NewJSONHandler(os.Stdout, nil)),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}
