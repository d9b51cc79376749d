package javaorder_test

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/javaorder"
	"github.com/gregorhq/gregor/internal/java"
)

// The orders are those in which Java 17 printed a HashMap of these keys.
func TestStrings(t *testing.T) {
	for _, c := range []struct{ put, want string }{
		{"version brokers", "brokers version"},
		{"broker logDirs", "broker logDirs"},
		{"partition size offsetLag isFuture", "partition size offsetLag isFuture"},
		{"logDir error partitions", "partitions error logDir"},
		{"cleanup.policy retention.ms min.insync.replicas", "cleanup.policy min.insync.replicas retention.ms"},
		{"a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb cc dd ee", "bb dd aa cc ee a b c d e f g h i j k l m n o p q r s t u v w x y z"},
		{"t-0 t-1 t-2 pet orders payments clicks long-name-of-a-topic Zz p\u00e9talo", "Zz p\u00e9talo t-0 payments t-2 t-1 clicks orders long-name-of-a-topic pet"},
	} {
		got := javaorder.Strings(strings.Fields(c.put), 0)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.put, strings.Join(got, " "), c.want)
		}
	}
	if h := java.HashCode("hello"); h != 99162322 {
		t.Errorf("hash of hello is %d", h)
	}
	if h := java.HashCode("p\u00e9talo"); h != -869769559 {
		t.Error("hash of a name that is not ASCII")
	}
}
