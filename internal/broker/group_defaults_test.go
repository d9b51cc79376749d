package broker

import (
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/group"
)

// TestGroupDefaultsAreTheRows compares group.DefaultConfig with the defaults of the rows in
// internal/config.
func TestGroupDefaultsAreTheRows(t *testing.T) {
	got, want := (&Node{config: config.NewDynamic(config.Default())}).groupConfig(), group.DefaultConfig()
	want.MaxRecordBytes = 0 // depends on the topic
	if got != want {
		t.Errorf("%+v from the rows, %+v in group.DefaultConfig", got, want)
	}
}
