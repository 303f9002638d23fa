// Greeter answers POST /greet with a greeting.
package main

import (
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/services/greeter/internal/app"
)

func main() { process.Main(app.Run) }
