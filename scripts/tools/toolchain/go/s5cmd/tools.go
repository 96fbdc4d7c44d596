//go:build tools

// Keeps "go mod tidy" from dropping what the build needs.
package tools

import _ "github.com/peak/s5cmd/v2"
