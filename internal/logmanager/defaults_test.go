package logmanager

import (
	"reflect"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/storage"
)

// TestStorageDefaultsAreTheRows compares storage.DefaultConfig with the defaults of the rows in
// internal/config.
func TestStorageDefaultsAreTheRows(t *testing.T) {
	v, _ := config.Topic(config.Default().Values(), nil)
	a, b := reflect.ValueOf(*StorageConfig(v)), reflect.ValueOf(*storage.DefaultConfig())
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s: %v from the rows, %v in storage.DefaultConfig", a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}
