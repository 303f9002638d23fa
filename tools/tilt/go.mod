module github.com/drydock-dev/drydock/tools/tilt

go 1.26.4

// Tilt is built in a copy of its own module, which vendors all that it imports; nothing else is needed here.
require github.com/tilt-dev/tilt v0.33.21
