// Package supervisor is PID 1 of a service's development image. It runs the
// service from a writable folder and, whenever the binary there is replaced as a
// whole, starts the new one and stops the old one, without a new pod and without
// losing a request. It also is the tar and the rm that Tilt calls in a container
// that has neither, nor a shell.
//
// It knows three things of a service, the ones that every service here has: it
// takes its address from HOST and PORT, and SHUTDOWN_DELAY is how long it goes on
// answering after a SIGTERM. The supervisor listens on the pod's port itself and
// gives every process of the service a port of its own on loopback, so an old and
// a new process can overlap. Production images have no supervisor.
package supervisor
