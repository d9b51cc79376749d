package java

import "fmt"

// FormatUUID is UUID.toString: hexadecimal digits in five parts.
func FormatUUID(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
