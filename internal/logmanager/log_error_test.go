package logmanager

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage"
)

// TestLogErrorNamesAWayOut checks that the error of a log with missing files says what to do.
func TestLogErrorNamesAWayOut(t *testing.T) {
	tp := storage.TopicPartition{Topic: "orders", Partition: 5}
	for cause, advice := range map[error]bool{
		fmt.Errorf("open: %w", storage.ErrMissingFile): true,
		storage.ErrCorruptLog:                          false,
	} {
		text := (&LogError{tp, cause}).Error()
		if !strings.HasPrefix(text, "the log of orders-5 is damaged: ") || strings.Contains(text, "put its files back and start again, or delete the topic") != advice {
			t.Error(text)
		}
	}
}
