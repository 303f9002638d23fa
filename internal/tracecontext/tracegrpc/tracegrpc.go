// Package tracegrpc adds the trace context of a call's context to outbound gRPC
// calls. It stands apart from tracecontext so that a service without gRPC does
// not carry gRPC in its binary.
package tracegrpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/drydock-dev/drydock/internal/tracecontext"
)

// DialOptions returns the gRPC dial options that add the trace context of each
// call's context to its metadata.
//
// They are chained interceptors on purpose. gRPC runs the one interceptor of
// grpc.WithUnaryInterceptor before the chain, and the Dapr SDK's own, which
// sends the API token, replaces all outgoing metadata: only what is added after
// it reaches the sidecar.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(interceptUnary),
		grpc.WithChainStreamInterceptor(interceptStream),
	}
}

func interceptUnary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(outgoing(ctx), method, req, reply, cc, opts...)
}

func interceptStream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return stream(outgoing(ctx), desc, cc, method, opts...)
}

// outgoing adds the trace context to the outgoing metadata, in the place of
// values of the same name.
func outgoing(ctx context.Context) context.Context {
	tc := tracecontext.FromContext(ctx)
	if tc.IsZero() {
		return ctx
	}
	md, ok := metadata.FromOutgoingContext(ctx) // a copy, safe to change
	if !ok {
		md = make(metadata.MD, 3)
	}
	tc.Each(func(name, value string) { md.Set(name, value) })
	return metadata.NewOutgoingContext(ctx, md)
}
