package daprgreeter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	commonv1 "github.com/dapr/dapr/pkg/proto/common/v1"
	runtimev1 "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/drydock-dev/drydock/services/comms/internal/daprgreeter"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
)

// fakeSidecar invokes the app "greeter" in process, over both APIs, and
// reports errors as daprd 1.18 does. It asks for sidecarToken.
type fakeSidecar struct {
	runtimev1.UnimplementedDaprServer
	app http.Handler
}

var errAborted = errors.New("the app dropped the connection")

// invoke runs the app's handler with the headers that a sidecar hands on.
func (f fakeSidecar) invoke(ctx context.Context, appID string, header http.Header, body []byte) (w *httptest.ResponseRecorder, err error) {
	if appID != "greeter" {
		return nil, errors.New("couldn't find service: " + appID)
	}
	defer func() {
		if recover() != nil {
			w, err = nil, errAborted
		}
	}()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/greet", bytes.NewReader(body))
	for _, name := range []string{"Content-Type", "Traceparent", "Tracestate", "Baggage"} {
		if v, ok := header[name]; ok {
			r.Header[name] = v
		}
	}
	w = httptest.NewRecorder()
	f.app.ServeHTTP(w, r)
	return w, ctx.Err()
}

// ServeHTTP is the sidecar's HTTP API with the app id in a header.
func (f fakeSidecar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code, message string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"errorCode": code, "message": message})
	}
	if r.Header.Get("dapr-api-token") != sidecarToken {
		refuse(http.StatusUnauthorized, "ERR_UNAUTHENTICATED", "invalid api token")
		return
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	answer, err := f.invoke(r.Context(), r.Header.Get("dapr-app-id"), r.Header, body.Bytes())
	if err != nil {
		refuse(http.StatusInternalServerError, "ERR_DIRECT_INVOKE", err.Error())
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// InvokeService is the sidecar's gRPC API.
func (f fakeSidecar) InvokeService(ctx context.Context, in *runtimev1.InvokeServiceRequest) (*commonv1.InvokeResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if len(md["dapr-api-token"]) != 1 || md["dapr-api-token"][0] != sidecarToken {
		return nil, status.Error(codes.Unauthenticated, "invalid api token")
	}
	header := http.Header{"Content-Type": {in.GetMessage().GetContentType()}}
	for _, name := range []string{"traceparent", "tracestate", "baggage"} {
		if v := md[name]; len(v) > 0 {
			header.Set(name, strings.Join(v, ","))
		}
	}
	answer, err := f.invoke(ctx, in.GetId(), header, in.GetMessage().GetData().GetValue())
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if answer.Code < 200 || answer.Code > 299 { // as dapr's pkg/messaging/v1/util.go ErrorFromHTTPResponseCode
		body := answer.Body.String()
		s, err := status.New(codes.Unknown, http.StatusText(answer.Code)).WithDetails(&errdetails.ErrorInfo{
			Domain:   "dapr.io",
			Metadata: map[string]string{"http.code": strconv.Itoa(answer.Code), "http.error_message": body[:min(len(body), 63)]},
		})
		if err != nil {
			return nil, err
		}
		return nil, s.Err()
	}
	return &commonv1.InvokeResponse{Data: &anypb.Any{Value: answer.Body.Bytes()}}, nil
}

// httpRig returns the HTTP adapter on a fake sidecar.
func httpRig(t *testing.T, appID, token string) rig {
	t.Helper()
	answer := &switchboard{}
	server := httptest.NewServer(fakeSidecar{app: answer})
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	adapter := daprgreeter.NewHTTP(u.Host, appID, token)
	t.Cleanup(func() { _ = adapter.Close() })
	return rig{greeter: adapter, answer: answer, wholeProblem: true}
}

// sdkRig returns the SDK adapter on a fake sidecar.
func sdkRig(t *testing.T, appID, token string) rig {
	t.Helper()
	answer := &switchboard{}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	runtimev1.RegisterDaprServer(server, fakeSidecar{app: answer})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	adapter, err := daprgreeter.NewSDK("passthrough:///sidecar", appID, token,
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = adapter.Close() })
	return rig{greeter: adapter, answer: answer}
}

var fakeRigs = map[string]func(t *testing.T, appID, token string) rig{"HTTP": httpRig, "SDK": sdkRig}

func TestContractOnAFakeSidecar(t *testing.T) {
	t.Parallel()
	for name, newRig := range fakeRigs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testContract(t, newRig(t, "greeter", sidecarToken))
		})
	}
}

// What the sidecar itself refuses is a fault of the deployment: never a
// rejection, which would blame the caller.
func TestRefusedByTheSidecar(t *testing.T) {
	t.Parallel()
	for name, newRig := range fakeRigs {
		for fault, r := range map[string]rig{
			"unknown app": newRig(t, "stranger", sidecarToken),
			"wrong token": newRig(t, "greeter", "wrong"),
			"no token":    newRig(t, "greeter", ""),
		} {
			t.Run(name+" "+fault, func(t *testing.T) {
				r.answer.is(respond(200, "application/json", good))
				_, err := r.greeter.Greet(t.Context(), "Ada")
				var rejection *greeting.Rejection
				if !errors.Is(err, greeting.ErrUnavailable) || errors.As(err, &rejection) {
					t.Errorf("error %v, want unavailable", err)
				}
			})
		}
	}
}

// A sidecar that is not there yet neither blocks the making of an adapter nor a call.
func TestNoSidecar(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	sdk, err := daprgreeter.NewSDK(address, "greeter", "")
	if err != nil {
		t.Fatal(err)
	}
	defer sdk.Close()
	for name, greeter := range map[string]greeting.Greeter{"HTTP": daprgreeter.NewHTTP(address, "greeter", ""), "SDK": sdk} {
		if _, err := greeter.Greet(t.Context(), "Ada"); !errors.Is(err, greeting.ErrUnavailable) {
			t.Errorf("%s: error %v, want unavailable", name, err)
		}
	}
}
