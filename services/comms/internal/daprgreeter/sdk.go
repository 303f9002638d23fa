package daprgreeter

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	dapr "github.com/dapr/go-sdk/client"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/drydock-dev/drydock/internal/tracecontext/tracegrpc"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// The SDK writes text to standard output, where our JSON log goes. It has
// nothing to say there that an operator must know.
func init() { dapr.SetLogger(nil) }

// invoker is the part of the SDK's client that is used here.
type invoker interface {
	InvokeMethodWithContent(ctx context.Context, appID, method, verb string, content *dapr.DataContent) ([]byte, error)
}

// SDK asks greeter through the Dapr Go SDK.
//
// The sidecar tells a gRPC caller of greeter's HTTP answer only what fits into
// an error detail: the status, and 63 bytes of the body. A rejection's detail is
// therefore mostly empty; its status and title are right.
type SDK struct {
	conn   *grpc.ClientConn
	client invoker
	appID  string
}

var _ greeting.Greeter = (*SDK)(nil)

// NewSDK returns an adapter that calls app appID through the sidecar at
// address, a gRPC target such as host:port. It sends apiToken unless that is
// empty. Nothing is dialled before the first call: the SDK's own constructor
// would block, and end the process if the sidecar came up late. More dial
// options are for tests.
func NewSDK(address, appID, apiToken string, more ...grpc.DialOption) (*SDK, error) {
	options := append(tracegrpc.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the sidecar is on this host
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswerBytes)),
	)
	if apiToken != "" {
		options = append(options, grpc.WithChainUnaryInterceptor(sendToken(apiToken)))
	}
	conn, err := grpc.NewClient(address, append(options, more...)...)
	if err != nil {
		return nil, fmt.Errorf("make gRPC client for the sidecar at %s: %w", address, err)
	}
	return &SDK{conn: conn, client: dapr.NewClientWithConnection(conn), appID: appID}, nil
}

// sendToken adds the API token. The SDK does so only on connections that it
// dialled itself, and there by throwing away all other metadata.
func sendToken(token string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, tokenHeader, token), method, req, reply, cc, opts...)
	}
}

// Greet implements greeting.Greeter.
func (a *SDK) Greet(ctx context.Context, name string) (greeting.Greeting, error) {
	body, err := encode(name)
	if err != nil {
		return greeting.Greeting{}, err
	}
	answer, err := a.client.InvokeMethodWithContent(ctx, a.appID, greeterapi.Method, http.MethodPost,
		&dapr.DataContent{Data: body, ContentType: contentType})
	if err != nil {
		if code, detail, ok := ofGreeter(err); ok {
			return greeting.Greeting{}, reject(code, detail)
		}
		return greeting.Greeting{}, fmt.Errorf("%w: %w", greeting.ErrUnavailable, err)
	}
	return decode(answer)
}

// Close closes the connection to the sidecar.
func (a *SDK) Close() error { return a.conn.Close() }

// ofGreeter reads the HTTP status and the start of the body that greeter
// answered out of a gRPC error. The gRPC code does not tell: the sidecar makes
// Internal of 400 and Unknown of 500 (dapr pkg/messaging/v1/util.go,
// ErrorFromHTTPResponseCode). Errors of the sidecar itself have no such detail.
func ofGreeter(err error) (code int, body []byte, ok bool) {
	for _, detail := range status.Convert(err).Details() {
		info, isInfo := detail.(*errdetails.ErrorInfo)
		if !isInfo || info.GetDomain() != "dapr.io" {
			continue
		}
		code, err := strconv.Atoi(info.GetMetadata()["http.code"])
		if err == nil {
			return code, []byte(info.GetMetadata()["http.error_message"]), true
		}
	}
	return 0, nil, false
}
