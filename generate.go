package gregor

//go:generate go run ./internal/docgen
