package load_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// span is a stored span, in the JSON form of OTLP.
type span struct {
	TraceID    string      `json:"traceId"`
	SpanID     string      `json:"spanId"`
	Parent     string      `json:"parentSpanId,omitempty"`
	Name       string      `json:"name"`
	Kind       int         `json:"kind"`
	Start      string      `json:"startTimeUnixNano"`
	End        string      `json:"endTimeUnixNano"`
	Attributes []attribute `json:"attributes,omitempty"`
	Status     status      `json:"status"`

	service string
	start   time.Time
}

type attribute struct {
	Key   string            `json:"key"`
	Value map[string]string `json:"value"`
}

type status struct {
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Kinds of spans by their numbers in OTLP.
const (
	server = 2
	client = 3
)

// store is a trace store with Jaeger's query API and an OTLP receiver, in memory.
type store struct {
	*httptest.Server
	away     atomic.Bool // the query API fails
	refusing atomic.Bool // the receiver fails

	mu    sync.Mutex
	spans map[string][]span // by trace id
	order []string
}

func newStore(t testing.TB) *store {
	s := &store{spans: map[string][]span{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", s.receive)
	mux.HandleFunc("GET /api/v3/services", s.query(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"services":["load"]}`) }))
	mux.HandleFunc("GET /api/v3/traces/{id}", s.query(func(w http.ResponseWriter, r *http.Request) { s.answer(w, []string{r.PathValue("id")}) }))
	mux.HandleFunc("GET /api/v3/traces", s.query(s.between))
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *store) query(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.away.Load() {
			http.Error(w, "the store is away", http.StatusServiceUnavailable)
			return
		}
		next(w, r)
	}
}

// receive stores exported spans.
func (s *store) receive(w http.ResponseWriter, r *http.Request) {
	if s.refusing.Load() {
		http.Error(w, "refused", http.StatusBadRequest) // not retryable
		return
	}
	body, err := io.ReadAll(r.Body)
	var request v1.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, resource := range request.ResourceSpans {
		service := ""
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				service = a.Value.GetStringValue()
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, exported := range scope.Spans {
				stored := span{
					TraceID: hex.EncodeToString(exported.TraceId), SpanID: hex.EncodeToString(exported.SpanId), Parent: hex.EncodeToString(exported.ParentSpanId),
					Name: exported.Name, Kind: int(exported.Kind), service: service,
					Status: status{int(exported.GetStatus().GetCode()), exported.GetStatus().GetMessage()},
				}
				for _, a := range exported.Attributes {
					value := a.Value.GetStringValue()
					if value == "" {
						value = strconv.FormatInt(a.Value.GetIntValue(), 10)
					}
					stored.Attributes = append(stored.Attributes, attribute{a.Key, map[string]string{"stringValue": value}})
				}
				start := time.Unix(0, int64(exported.StartTimeUnixNano))
				s.add(stored.at(start, time.Duration(exported.EndTimeUnixNano-exported.StartTimeUnixNano)))
			}
		}
	}
}

func (sp span) at(start time.Time, duration time.Duration) span {
	sp.start = start
	sp.Start = strconv.FormatInt(start.UnixNano(), 10)
	sp.End = strconv.FormatInt(start.Add(duration).UnixNano(), 10)
	return sp
}

func (s *store) add(spans ...span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sp := range spans {
		if _, known := s.spans[sp.TraceID]; !known {
			s.order = append(s.order, sp.TraceID)
		}
		s.spans[sp.TraceID] = append(s.spans[sp.TraceID], sp)
	}
}

func (s *store) between(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, errFrom := time.Parse(time.RFC3339Nano, q.Get("query.start_time_min"))
	to, errTo := time.Parse(time.RFC3339Nano, q.Get("query.start_time_max"))
	limit, errLimit := strconv.Atoi(q.Get("query.num_traces"))
	if errFrom != nil || errTo != nil || errLimit != nil {
		http.Error(w, "wrong query", http.StatusBadRequest)
		return
	}
	var ids []string
	s.mu.Lock()
	for i := len(s.order) - 1; i >= 0 && len(ids) < limit; i-- {
		for _, sp := range s.spans[s.order[i]] {
			if !sp.start.Before(from) && !sp.start.After(to) {
				ids = append(ids, s.order[i])
				break
			}
		}
	}
	s.mu.Unlock()
	s.answer(w, ids)
}

func (s *store) answer(w http.ResponseWriter, ids []string) {
	type scope struct {
		Spans []span `json:"spans"`
	}
	type resource struct {
		Resource struct {
			Attributes []attribute `json:"attributes"`
		} `json:"resource"`
		Scopes []scope `json:"scopeSpans"`
	}
	var resources []resource
	s.mu.Lock()
	for _, id := range ids {
		for _, sp := range s.spans[id] {
			r := resource{Scopes: []scope{{Spans: []span{sp}}}}
			r.Resource.Attributes = []attribute{{"service.name", map[string]string{"stringValue": sp.service}}}
			resources = append(resources, r)
		}
	}
	s.mu.Unlock()
	if len(resources) == 0 {
		http.Error(w, `{"error":{"httpCode":404,"message":"No traces found"}}`, http.StatusNotFound)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"result": map[string]any{"resourceSpans": resources}}) //nolint:errcheck // the client would see it
}

// system is comms, both sidecars and greeter in one handler, with a real store.
type system struct {
	*httptest.Server
	store *store
	// behave, when set, says what becomes of a request instead of greeter's greeting: it
	// answers and returns true, or it leaves both to the system.
	behave func(n int64, w http.ResponseWriter, r *http.Request) bool
	// spans, when set, changes the sidecars' spans of a request before they are stored.
	spans func(n int64, spans []span) []span
	late  time.Duration // how late the sidecars' spans come

	served atomic.Int64
	timing string // Server-Timing of the answers
}

func newSystem(t testing.TB) *system {
	s := &system{store: newStore(t)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.greet))
	t.Cleanup(s.Close)
	return s
}

func (s *system) address() load.System {
	return load.System{Target: s.URL + "/greet", TraceAPI: s.store.URL, OTLP: s.store.URL}
}

func (s *system) greet(w http.ResponseWriter, r *http.Request) {
	n := s.served.Add(1)
	var request greeterapi.Request
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	begin := time.Now()
	if s.behave != nil && s.behave(n, w, r) {
		return
	}
	s.record(n, r.Header.Get("Traceparent"), begin)
	w.Header().Set("X-Greeting-Source", "greeter")
	time.Sleep(500 * time.Microsecond) // it takes no less than its spans and its Server-Timing tell
	w.Header().Set("Server-Timing", s.timing)
	answer(w, http.StatusOK, fmt.Sprintf(`{"message":"Hello, %s from greeter!","service":"greeter"}`, request.Name))
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body) //nolint:errcheck // the client would see it
}

// record stores the spans of both sidecars.
func (s *system) record(n int64, traceparent string, begin time.Time) {
	fields := strings.Split(traceparent, "-")
	const name = "CallLocal/greeter/greet"
	outer := span{TraceID: fields[1], SpanID: fmt.Sprintf("%016x", 2*n), Parent: fields[2], Name: name, Kind: client, service: "comms"}
	inner := span{TraceID: fields[1], SpanID: fmt.Sprintf("%016x", 2*n+1), Parent: outer.SpanID, Name: name, Kind: server, service: "greeter"}
	inner.Attributes = []attribute{{"dapr.protocol", map[string]string{"stringValue": "grpc"}}}
	spans := []span{outer.at(begin, 100*time.Microsecond), inner.at(begin.Add(20*time.Microsecond), 60*time.Microsecond)}
	if s.spans != nil {
		spans = s.spans(n, spans)
	}
	if s.late > 0 {
		time.AfterFunc(s.late, func() { s.store.add(spans...) })
		return
	}
	s.store.add(spans...)
}
