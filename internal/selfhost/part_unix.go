//go:build unix && !linux

package selfhost

import "syscall"

// childAttributes puts a child into the guard's group.
func childAttributes(group int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pgid: group}
}
