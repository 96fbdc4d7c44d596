//go:build tools

// Keeps "go mod tidy" from dropping what the build needs.
package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
