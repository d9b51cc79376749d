package cli

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Words of Kafka's form that the native form does not have.
var kafkaWords = regexp.MustCompile(`\[[a-z]+(-[a-z]+)*\]|\b[Oo]ptions? [\["a-z]|\bargument --|For input string|\bkafka-|KafkaAdminClient|requirement failed|--[a-z-]+/-`)

var namedOption = regexp.MustCompile(`--[a-z][a-z-]*`)

// TestErrorsNameOwnOptions calls each verb with each pair of its options, with good and bad values,
// and checks that the messages name options as the verb has them.
func TestErrorsNameOwnOptions(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel() // no call waits for a cluster
	calls := 0
	for _, c := range commands() {
		if !c.primary() {
			continue
		}
		own := slices.Concat(c.verb.Options, []string{"bootstrap-server", "bootstrap-controller", "command-config", "help"})
		var operands []string
		for _, o := range c.verb.Operands {
			own = append(own, o.Option)
			operands = append(operands, "1")
		}
		for i, a := range c.verb.Options {
			for _, b := range c.verb.Options[i:] {
				for _, line := range [][]string{
					{"--" + a, "--" + b}, {"--" + a, "x", "--" + b, "x"}, {"--" + a, "1", "--" + b, "1"}, {"--" + a, "--" + b, "("}, {"--" + a + "="},
				} {
					for _, with := range [][]string{nil, operands} {
						args := slices.Concat(c.path, with, line)
						code, _, errs := call(ended, "127.0.0.1:1", args...)
						calls++
						checkWords(t, args, own, code, errs)
					}
				}
			}
		}
	}
	if calls < 5000 {
		t.Errorf("only %d calls", calls)
	}
}

// checkWords reports words of a message that the native form does not have, unless the call has
// them.
func checkWords(t *testing.T, args, own []string, code int, errs string) {
	t.Helper()
	call := strings.Join(args, " ")
	message, _, usage := strings.Cut(errs, "\nUsage: ")
	if usage && code != exitUsage {
		t.Errorf("gregor %s: a usage with exit code %d\n%s", call, code, errs)
	}
	for _, word := range kafkaWords.FindAllString(message, -1) {
		t.Errorf("gregor %s: %q in\n%s", call, word, message)
	}
	for _, name := range namedOption.FindAllString(message, -1) {
		if !slices.Contains(own, name[2:]) && !strings.Contains(call, name) {
			t.Errorf("gregor %s: the verb has no %s\n%s", call, name, message)
		}
	}
}
