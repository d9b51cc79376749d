package producer

import (
	"context"
	"strings"
	"testing"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func produce(t *testing.T, addr, args string) (code int, errs string) {
	t.Helper()
	var out, told strings.Builder
	code = run(&tool.Env{Name: "gregor produce", Verb: &Tool.Verbs[0], Context: t.Context(), Stdin: strings.NewReader("a\nb\n"),
		Stdout: &out, Stderr: &told, Getenv: func(string) string { return addr }, Args: strings.Fields(args)})
	return code, told.String()
}

// TestMaxBlock: a cluster that nobody finds takes max.block.ms of each record, as in Java's producer.
func TestMaxBlock(t *testing.T) {
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	addr := b.Addr()
	if code, errs := produce(t, addr, "pet --command-property transactional.id=x"); code != 1 || errs != "this cluster serves no transactions (transactional.id=x)\n" {
		t.Errorf("transactions: %d, %s", code, errs)
	}
	if code, errs := produce(t, addr, "pet"); code != 0 || errs != "" {
		t.Errorf("a cluster that is there: %d, %s", code, errs)
	}
	if err := b.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	const failed = "ERROR Error when sending message to topic pet with key: null, value: 1 bytes with error: Topic pet not present in metadata after 200 ms.\n"
	if code, errs := produce(t, addr, "pet --max-block-ms 200"); code != 1 || strings.Count(errs, failed) != 2 {
		t.Errorf("max.block.ms: %d, %s", code, errs)
	}
	if code, errs := produce(t, addr, "pet --max-block-ms 200 --sync"); code != 1 || !strings.HasSuffix(errs, "\nTopic pet not present in metadata after 200 ms.\n") {
		t.Errorf("--sync: %d, %s", code, errs)
	}
	want := "\nTimeout expired after 200ms while awaiting InitProducerId\n"
	if code, errs := produce(t, addr, "pet --max-block-ms 200 --command-property transactional.id=x"); code != 1 || !strings.HasSuffix(errs, want) {
		t.Errorf("transactions of nobody: %d, %s", code, errs)
	}
}
