package broker

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// stat returns the fields of /proc/PID/stat after the command's name; index 0 is the state.
func stat(pid int) ([]string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	s := string(b)
	return strings.Fields(s[strings.LastIndexByte(s, ')')+1:]), nil
}

// CPU returns the user and system time of the broker's process.
func (b *Broker) CPU() time.Duration {
	f, err := stat(b.Pid)
	if err != nil {
		return 0
	}
	u, _ := strconv.ParseInt(f[11], 10, 64)
	s, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(u+s) * 10 * time.Millisecond
}

// RSS returns the resident memory of the broker's process in bytes. It includes pages of mapped
// files.
func (b *Broker) RSS() int64 {
	t, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(t)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}
