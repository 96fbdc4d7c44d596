//go:build tools

// Keeps "go mod tidy" from dropping what the build needs.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
