package cli

import _ "embed"

// licences are the licences of the modules in this binary (go generate ./... makes the file), for
// `gregor licences`.
//
//go:embed licences.txt
var licences string
