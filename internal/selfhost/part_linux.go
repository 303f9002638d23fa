package selfhost

import "syscall"

// childAttributes puts a child into the guard's group. The parent-death signal is a
// second net under the guard; Go only ends threads that it locked to a goroutine, so
// the thread that starts a child lives as long as we do.
func childAttributes(group int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pgid: group, Pdeathsig: syscall.SIGKILL}
}
