module github.com/drydock-dev/drydock/tools/tilt

go 1.26.4

// Tilt is built in a copy of its own module; the go.mod and go.sum there pin all that it imports.
require github.com/tilt-dev/tilt v0.33.21
