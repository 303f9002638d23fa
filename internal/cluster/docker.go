package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What a cluster with everything in it needs; measured at about 1.2 GiB of memory and 4 GiB of disk, and some room.
const (
	neededMemory = 2 << 30
	neededDisk   = 5 << 30
)

// docker runs the docker program and returns what it prints.
func docker(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, strings.TrimSpace(problem.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// checkDocker tells why Docker cannot be used and what to do, the way without a cluster included.
func checkDocker(ctx context.Context) error {
	const without = "or use 'make run', which needs neither Docker nor a cluster"
	if _, err := exec.LookPath("docker"); err != nil {
		return errors.New("no docker program on the PATH: install Docker (on Debian: sudo .ci/docker), " + without)
	}
	// A daemon that hangs is as good as none.
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := docker(ctx, "version", "--format", "{{.Server.Version}}")
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "permission denied"):
		return fmt.Errorf("this user may not talk to Docker: join the docker group and log in again, %s: %w", without, err)
	default:
		return fmt.Errorf("Docker does not answer: start it (on Debian: sudo .ci/docker), %s: %w", without, err) //nolint:staticcheck // a name
	}
}

// checkRoom refuses to start a cluster that would end in evictions or a full disk. A daemon elsewhere (Docker Desktop's machine, a remote one) is
// asked for its memory; its disk cannot be seen from here.
func checkRoom(ctx context.Context) error {
	out, err := docker(ctx, "info", "--format", "{{.MemTotal}} {{.DockerRootDir}}")
	if err != nil {
		return err
	}
	total, dir, _ := strings.Cut(out, " ")
	memory, err := strconv.ParseUint(total, 10, 64)
	if err != nil {
		return fmt.Errorf("docker info: %w", err)
	}
	if _, err := os.Stat(dir); err == nil {
		if available, found := availableMemory(); found {
			memory = available
		}
		var disk syscall.Statfs_t
		if err := syscall.Statfs(dir, &disk); err == nil {
			if free := disk.Bavail * uint64(disk.Bsize); free < neededDisk {
				return fmt.Errorf("%.1f GiB are free in %s, the cluster needs %d: make room, for instance with 'docker system prune'", gib(free), dir, neededDisk>>30)
			}
		}
	}
	if memory < neededMemory {
		return fmt.Errorf("%.1f GiB of memory are left for Docker, the cluster needs %d: close something, or give Docker's machine more; 'make run' needs a third of that", gib(memory), neededMemory>>30)
	}
	return nil
}

// inotifyInstances is the kernel's limit for each user, see inotify(7).
const inotifyInstances = "/proc/sys/fs/inotify/max_user_instances"

// tooFewWatchers says so when the limit may be too low for the nodes, of which each takes about 25 instances, beside what else the user runs. It is a
// warning, because how many are taken cannot be seen.
func tooFewWatchers(limit string, nodes int) string {
	content, err := os.ReadFile(limit)
	if err != nil {
		return "" // no Linux, or a kernel without it
	}
	allowed, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if needed := 100 + 25*nodes; err != nil || allowed >= needed {
		return ""
	}
	return fmt.Sprintf("this machine allows %d inotify instances, which %d nodes may use up; when a pod ends with 'too many open files', raise it: sudo sysctl fs.inotify.max_user_instances=512", allowed, nodes)
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }

// availableMemory is what Linux could give to new programs without swapping.
func availableMemory() (uint64, bool) {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemAvailable:" {
			kib, err := strconv.ParseUint(fields[1], 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
