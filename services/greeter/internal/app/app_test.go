package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/process/processtest"
	"github.com/drydock-dev/drydock/services/greeter/internal/app"
)

func post(t *testing.T, url, body string) (status int, header http.Header, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(read)
}

func TestGreet(t *testing.T) {
	t.Parallel()
	greeter := processtest.Start(t, app.Run, nil)
	status, header, body := post(t, greeter.URL+"/greet", `{"name":"Ada"}`)
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	madeAt, err := time.Parse(time.RFC3339, got["timestamp"])
	if err != nil || !strings.HasSuffix(got["timestamp"], "Z") || time.Since(madeAt).Abs() > time.Hour {
		t.Errorf("timestamp %q (%v)", got["timestamp"], err)
	}
	if status != http.StatusOK || got["message"] != "Hello, Ada from greeter!" || got["service"] != "greeter" || len(got) != 3 {
		t.Errorf("%d %v", status, got)
	}
	if _, ok := header["X-Greeting-Source"]; ok {
		t.Error("the source header is comms' to set")
	}
	if status, _, body := post(t, greeter.URL+"/greet", `{"name":"\n"}`); status != http.StatusBadRequest || !strings.Contains(body, `\"name\"`) {
		t.Errorf("bad name: %d %s", status, body)
	}
	if err := greeter.Stop(); err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestWrongSettingEndsTheStart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := app.Run(t.Context(), nil, func(name string) string { return map[string]string{"PORT": "many"}[name] }, &out)
	if err == nil || !strings.Contains(err.Error(), `PORT="many": want a port`) || out.Len() > 0 {
		t.Errorf("error %v, printed %q", err, out.String())
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := app.Run(t.Context(), []string{"--help"}, func(string) string { return "" }, &out); err != nil || !strings.Contains(out.String(), "SHUTDOWN_GRACE") {
		t.Errorf("error %v, printed %q", err, out.String())
	}
}
