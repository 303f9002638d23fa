//go:build linux

package supervisor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// supervised is a supervisor with its service, as a process.
type supervised struct {
	t      *testing.T
	folder string
	url    string
	cmd    *exec.Cmd
	done   chan struct{} // closed when the process has ended

	mu  sync.Mutex
	log []string
}

// supervise starts a supervisor whose image holds the given version, with env added to its environment.
func supervise(t *testing.T, version string, env ...string) *supervised {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &supervised{t: t, folder: t.TempDir(), done: make(chan struct{})}
	program := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(program, serviceBinary(t, version), 0o755); err != nil {
		t.Fatal(err)
	}
	// Killed, it would leave its service behind: it must outlive the test's context and get a SIGTERM.
	s.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), self, program)
	s.cmd.Env = append(append(os.Environ(), configEnv+"="+s.folder, "PORT=8080", "HOST="), env...)
	output, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = s.cmd.Stdout
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read(output)
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		<-s.done
		if t.Failed() {
			t.Log("the supervisor wrote:\n" + s.output())
		}
	})
	var listening struct{ Addr string }
	if err := json.Unmarshal([]byte(s.waitLog("listening")), &listening); err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listening.Addr
	return s
}

// serviceBinary is this test's own binary, marked as a version of the service.
func serviceBinary(t *testing.T, version string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	return append(content, mark+version...)
}

func (s *supervised) read(output io.Reader) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		s.mu.Lock()
		s.log = append(s.log, lines.Text())
		s.mu.Unlock()
	}
	_ = s.cmd.Wait()
	close(s.done)
}

func (s *supervised) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

func (s *supervised) count(text string) int { return strings.Count(s.output(), text) }

func (s *supervised) waitLog(text string) string {
	s.t.Helper()
	s.until("a log line with "+text, func() bool { return s.count(text) > 0 })
	for line := range strings.Lines(s.output()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

func (s *supervised) until(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s within 20 s", what)
		}
	}
}

func (s *supervised) get(path string) (status int, body string) {
	s.t.Helper()
	status, body, err := send(http.DefaultClient, http.MethodGet, s.url+path)
	if err != nil {
		s.t.Error(err)
	}
	return status, body
}

func send(client *http.Client, method, address string) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader("x"))
	if err != nil {
		return 0, "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

func (s *supervised) waitAnswer(want string) {
	s.t.Helper()
	s.until("answer "+want, func() bool { _, body := s.get("/"); return body == want })
}

// replace does what Tilt does: it sends the new version to the supervisor's tar.
func (s *supervised) replace(version string) {
	s.t.Helper()
	archive := archiveOf(s.t, file{filepath.Join(s.folder, "hello"), string(serviceBinary(s.t, version))})
	if err := Extract([]string{"-C", "/", "-x", "-f", "-"}, archive, s.folder); err != nil {
		s.t.Fatal(err)
	}
}

func TestReplaceBinary(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	for _, version := range []string{"v2", "v3", "v1"} {
		s.replace(version)
		s.waitAnswer(version)
	}
	s.until("end of the three old processes", func() bool { return s.count(`"ended"`) == 3 })
	if n := s.count(`"started"`); n != 4 {
		t.Errorf("%d starts, want 4", n)
	}
}

func TestTheSameBinaryAgainIsNoReplacement(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	s.replace("v1")
	s.replace("v2")
	s.waitAnswer("v2")
	s.replace("v2")
	s.replace("v3")
	s.waitAnswer("v3")
	if n := s.count(`"replaced"`); n != 2 {
		t.Errorf("replaced %d times, want twice", n)
	}
}

func TestReplaceUnderLoadLosesNoRequest(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v0")
	s.waitAnswer("v0")
	var requests atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 8 {
		// Half of them keep their connections, which is where a server that goes away loses requests.
		transport := &http.Transport{DisableKeepAlives: i%2 == 0}
		client := http.Client{Transport: transport}
		clients.Go(func() {
			defer transport.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				// A POST is not repeated by net/http on its own.
				status, body, err := send(&client, http.MethodPost, s.url+"/?sleep=2ms")
				if err != nil || status != http.StatusOK {
					t.Errorf("%d %s %v", status, body, err)
					return
				}
				requests.Add(1)
			}
		})
	}
	for i := range 5 {
		version := fmt.Sprintf("v%d", i+1)
		before := requests.Load()
		s.replace(version)
		s.waitAnswer(version)
		s.until("requests between two replacements", func() bool { return t.Failed() || requests.Load() > before+50 })
	}
	close(stop)
	clients.Wait()
}

func TestRequestInFlightIsFinishedByTheOldProcess(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	answer := make(chan string)
	go func() { _, body := s.get("/?sleep=1s"); answer <- body }()
	s.replace("v2")
	s.waitAnswer("v2")
	if got := <-answer; got != "v1" {
		t.Errorf("the request in flight was answered %q, want v1", got)
	}
}

func TestRequestsWaitForTheFirstStart(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	// No waiting for it to serve.
	if status, body := s.get("/"); status != http.StatusOK || body != "v1" {
		t.Errorf("%d %q", status, body)
	}
}

func TestCrashingBinary(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	s.replace("crash")
	s.waitLog("hello ended with exit code 3")
	s.waitLog("no luck")
	status, body := s.get("/")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "hello ended with exit code 3") {
		t.Errorf("while it crashes: %d %q", status, body)
	}
	s.until("end of the old process", func() bool { return s.count(`"ended"`) == 1 })
	s.until("third attempt", func() bool { return s.count("no luck") >= 3 })
	// Half a second, then one.
	var pauses []string
	for line := range strings.Lines(s.output()) {
		var record struct {
			Msg string
			In  time.Duration
		}
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "next attempt" {
			pauses = append(pauses, record.In.String())
		}
	}
	if got := strings.Join(pauses[:2], " "); got != "500ms 1s" {
		t.Errorf("pauses %s", got)
	}
	s.replace("v2")
	s.waitAnswer("v2")
}

func TestProcessThatDiesIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	if status, body := s.get("/die"); status != http.StatusServiceUnavailable || !strings.Contains(body, "ended while it was asked") {
		t.Errorf("%d %q", status, body)
	}
	s.waitLog("hello ended with exit code 4")
	s.waitAnswer("v1")
}

func TestNewBinaryReplacesOneThatNeverListens(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	s.replace("deaf")
	s.until("start of the deaf one", func() bool { return s.count(`"started"`) == 2 })
	if _, body := s.get("/"); body != "v1" {
		t.Errorf("%q answers while the new process starts", body)
	}
	s.replace("v2")
	s.waitAnswer("v2")
	s.until("end of the others", func() bool { return s.count(`"ended"`) == 2 })
}

func TestHalfCopiedBinaryIsNotRun(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	whole := archiveOf(t, file{filepath.Join(s.folder, "hello"), string(serviceBinary(t, "v2"))})
	half := io.LimitReader(whole, int64(whole.Len()/2))
	if err := Extract([]string{"-C", "/", "-x", "-f", "-"}, half, s.folder); err == nil {
		t.Fatal("half an archive was no error")
	}
	entries, err := os.ReadDir(s.folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	s.replace("v3")
	s.waitAnswer("v3")
	if n := s.count(`"replaced"`); n != 1 {
		t.Errorf("replaced %d times, want once", n)
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1", "SHUTDOWN_DELAY=300ms")
	s.waitAnswer("v1")
	if _, delay := s.get("/env?name=SHUTDOWN_DELAY"); delay != "0s" {
		t.Errorf("the service has SHUTDOWN_DELAY=%s", delay)
	}
	answer := make(chan string)
	go func() { _, body := s.get("/?sleep=600ms"); answer <- body }()
	s.until("the slow request", func() bool { _, body := s.get("/"); return body == "v1" })
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.waitLog("shutting down")
	if status, body := s.get("/"); status != http.StatusOK || body != "v1" {
		t.Errorf("during the delay: %d %q", status, body)
	}
	if got := <-answer; got != "v1" {
		t.Errorf("the request in flight: %q", got)
	}
	<-s.done
	if code := s.cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit code %d, want the service's 7", code)
	}
}

func TestOtherSignalsReachTheService(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if _, body := s.get("/usr1"); body != syscall.SIGUSR1.String() {
		t.Errorf("the service got %q", body)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	_, body := s.get("/orphan")
	text, problem, _ := strings.Cut(body, "\n")
	pid, err := strconv.Atoi(text)
	if err != nil || problem != "<nil>" {
		t.Fatal(body)
	}
	parent := fmt.Sprint("PPid:\t", s.cmd.Process.Pid, "\n")
	s.until("adoption of the orphan", func() bool { return strings.Contains(procStatus(pid), parent) })
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// A zombie has a status until it is waited for.
	s.until("end of the orphan", func() bool { return procStatus(pid) == "" })
}

func procStatus(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return ""
	}
	return string(status)
}

func TestRequestsArriveAsTheyWereSent(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/echo/a%2Fb?x=1;y=%zz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "greeter.example"
	request.Header.Set("X-Forwarded-For", "192.0.2.7")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if want := "PUT greeter.example /echo/a%2Fb?x=1;y=%zz 192.0.2.7"; err != nil || string(body) != want {
		t.Errorf("arrived as %q, %v; want %q", body, err, want)
	}
}

func TestWrappedServiceNeverRunsTwice(t *testing.T) {
	t.Parallel()
	// env(1) stands in for a debugger: it runs what follows.
	env, err := exec.LookPath("env")
	if err != nil {
		t.Fatal(err)
	}
	s := supervise(t, "v1", "SUPERVISOR_WRAP="+env)
	s.waitAnswer("v1")
	s.replace("v2")
	s.waitAnswer("v2")
	log := s.output()
	if ended, second := strings.Index(log, `"ended"`), strings.LastIndex(log, `"started"`); ended < 0 || ended > second {
		t.Errorf("the new process started before the old one had ended")
	}
}

func TestServiceThatEndedUnderItsWrapper(t *testing.T) {
	t.Parallel()
	// It outlives what it runs, as a debugger does.
	wrapper := filepath.Join(t.TempDir(), "debugger")
	script := "#!/bin/sh\ntrap 'kill $!; exit' TERM\n\"$@\" &\nwait\nsleep 600 &\nwait\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := supervise(t, "v1", "SUPERVISOR_WRAP="+wrapper)
	s.waitAnswer("v1")
	s.get("/die")
	const reason = "hello has ended under debugger"
	// The first may still meet the process as it ends.
	refused := func() bool {
		status, body := s.get("/")
		return status == http.StatusServiceUnavailable && strings.Contains(body, reason)
	}
	s.until("refusal with the reason", refused)
	if !refused() {
		t.Error("the next request is not refused with the reason")
	}
	s.waitLog(reason)
	if n := s.count(reason); n != 1 {
		t.Errorf("logged %d times", n)
	}
	s.replace("v2")
	s.waitAnswer("v2")
}

func TestRestartedContainerKeepsTheReplacedBinary(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	image, binary := filepath.Join(t.TempDir(), "hello"), filepath.Join(folder, "hello")
	if err := os.WriteFile(image, []byte("from the image"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := install(image, binary); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(binary); err != nil || info.Mode() != 0o755 {
		t.Fatalf("%v, %v", info, err)
	}
	if err := os.WriteFile(binary, []byte("replaced"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := install(image, binary); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(binary); err != nil || string(content) != "replaced" {
		t.Errorf("%q %v", content, err)
	}
}
