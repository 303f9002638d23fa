// Comms answers POST /greet by asking greeter through Dapr service invocation.
package main

import (
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/services/comms/internal/app"
)

func main() { process.Main(app.Run) }
