package tracegrpc_test

import (
	"context"
	"net"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/drydock-dev/drydock/internal/tracecontext"
	"github.com/drydock-dev/drydock/internal/tracecontext/tracegrpc"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// recorder is a gRPC server, of a service that every gRPC module has, that
// keeps the metadata of calls.
type recorder struct {
	healthpb.UnimplementedHealthServer
	got chan metadata.MD
}

func (r recorder) Check(ctx context.Context, _ *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	r.got <- md
	return &healthpb.HealthCheckResponse{}, nil
}

func (r recorder) Watch(_ *healthpb.HealthCheckRequest, s grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	md, _ := metadata.FromIncomingContext(s.Context())
	r.got <- md
	return nil
}

func dial(t *testing.T, options ...grpc.DialOption) (healthpb.HealthClient, chan metadata.MD) {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	r := recorder{got: make(chan metadata.MD, 1)}
	healthpb.RegisterHealthServer(server, r)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	options = append(options,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	conn, err := grpc.NewClient("passthrough:///sidecar", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return healthpb.NewHealthClient(conn), r.got
}

// replaceMetadata does what the Dapr SDK's token interceptor does: it sets the
// token and throws away all other outgoing metadata.
func replaceMetadata(ctx context.Context) context.Context {
	return metadata.NewOutgoingContext(ctx, metadata.Pairs("dapr-api-token", "secret"))
}

func TestDialOptionsSurviveTheTokenInterceptor(t *testing.T) {
	t.Parallel()
	client, got := dial(t, append(tracegrpc.DialOptions(),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(replaceMetadata(ctx), method, req, reply, cc, opts...)
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			return stream(replaceMetadata(ctx), desc, cc, method, opts...)
		}))...)
	ctx := tracecontext.NewContext(t.Context(), tracecontext.New([]string{traceparent}, []string{"a=1"}, []string{"k=v"}))
	want := map[string][]string{
		"traceparent": {traceparent}, "tracestate": {"a=1"}, "baggage": {"k=v"}, "dapr-api-token": {"secret"},
	}
	check := func(kind string, md metadata.MD) {
		for key, values := range want {
			if !slices.Equal(md[key], values) {
				t.Errorf("%s call: %s = %q, want %q", kind, key, md[key], values)
			}
		}
	}
	if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	check("unary", <-got)
	stream, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	check("streaming", <-got)
	_, _ = stream.Recv()
}

func TestDialOptionsReplaceOlderValues(t *testing.T) {
	t.Parallel()
	client, got := dial(t, tracegrpc.DialOptions()...)
	ctx := tracecontext.NewContext(t.Context(), tracecontext.New([]string{traceparent}, nil, nil))
	ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", "old", "other", "kept")
	if _, err := client.Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if md := <-got; !slices.Equal(md["traceparent"], []string{traceparent}) || !slices.Equal(md["other"], []string{"kept"}) {
		t.Errorf("metadata %v", md)
	}
}

func TestNothingToCarry(t *testing.T) {
	t.Parallel()
	client, got := dial(t, tracegrpc.DialOptions()...)
	if _, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if md := <-got; len(md["traceparent"])+len(md["tracestate"])+len(md["baggage"]) != 0 {
		t.Errorf("metadata %v", md)
	}
}
