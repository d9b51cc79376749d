package consumer

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/java"
)

// deserializer turns bytes into the text of one of Kafka's deserializers and Java's toString.
type deserializer func([]byte) (string, error)

var deserializers = map[string]deserializer{
	"StringDeserializer":  func(b []byte) (string, error) { return string(b), nil },
	"BytesDeserializer":   func(b []byte) (string, error) { return escaped(b), nil },
	"LongDeserializer":    sized("LongDeserializer", 8, func(b []byte) string { return strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10) }),
	"IntegerDeserializer": sized("IntegerDeserializer", 4, func(b []byte) string { return strconv.Itoa(int(int32(binary.BigEndian.Uint32(b)))) }),
	"ShortDeserializer":   sized("ShortDeserializer", 2, func(b []byte) string { return strconv.Itoa(int(int16(binary.BigEndian.Uint16(b)))) }),
	"DoubleDeserializer": sized("Deserializer", 8, func(b []byte) string {
		return java.FormatDouble(math.Float64frombits(binary.BigEndian.Uint64(b)))
	}),
	"FloatDeserializer": sized("Deserializer", 4, func(b []byte) string {
		return java.FormatFloat(math.Float32frombits(binary.BigEndian.Uint32(b)))
	}),
	"BooleanDeserializer": func(b []byte) (string, error) {
		if len(b) != 1 {
			return "", fmt.Errorf("Size of data received by BooleanDeserializer is not 1")
		}
		if b[0] > 1 {
			return "", fmt.Errorf("Unexpected byte received by BooleanDeserializer: %d", int8(b[0]))
		}
		return strconv.FormatBool(b[0] == 1), nil
	},
	"UUIDDeserializer": func(b []byte) (string, error) { return string(b), nil },
}

// findDeserializer finds a deserializer by Kafka's class name. It reports an unknown class and
// returns nil, as Kafka's tool prints the bytes then.
func findDeserializer(e *tool.Env, class string) deserializer {
	if class == "" {
		return nil
	}
	short := class[strings.LastIndexByte(class, '.')+1:]
	d := deserializers[short]
	if d == nil && short != "ByteArrayDeserializer" {
		e.Warn("ERROR Unable to instantiate a deserializer from %s", class)
	}
	return d
}

func sized(name string, size int, text func([]byte) string) deserializer {
	return func(b []byte) (string, error) {
		if len(b) != size {
			return "", fmt.Errorf("Size of data received by %s is not %d", name, size)
		}
		return text(b), nil
	}
}

// escaped is org.apache.kafka.common.utils.Bytes.toString: printable ASCII as it is, the rest as
// \xNN.
func escaped(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		if c >= ' ' && c <= '~' && c != '\\' {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, "\\x%02X", c)
		}
	}
	return s.String()
}
