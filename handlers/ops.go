package handlers

import (
	"context"
	_ "embed" // the API description is a file of the program
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var openapiYAML []byte

// operations answers machines that look after the service.
type operations struct {
	probe   func(context.Context) map[string]error
	log     *slog.Logger
	version string
	api     json.RawMessage
}

func newOperations(o Options) (*operations, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if info, ok := doc["info"].(map[string]any); ok && o.Version != "" {
		info["version"] = o.Version
	}
	api, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return &operations{probe: o.Ready, log: o.Log, version: o.Version, api: api}, nil
}

// healthView is GET /healthz and GET /readyz.
type healthView struct {
	Status  string            `json:"status"` // ok, or down
	Version string            `json:"version,omitempty"`
	Checks  map[string]string `json:"checks,omitempty"`
}

// alive serves GET /healthz: the process answers.
func (h *operations) alive(*gin.Context) (Page, error) {
	return Page{Data: healthView{Status: "ok", Version: h.version}}, nil
}

// ready serves GET /readyz: what the service depends on answers, too. The cause
// of a failure goes to the log, not to the caller.
func (h *operations) ready(c *gin.Context) (Page, error) {
	out := Page{Status: http.StatusOK}
	view := healthView{Status: "ok", Version: h.version, Checks: map[string]string{}}
	if h.probe != nil {
		for name, err := range h.probe(c.Request.Context()) {
			view.Checks[name] = "ok"
			if err != nil {
				h.log.WarnContext(c.Request.Context(), "not ready", "check", name, "err", err)
				view.Checks[name], view.Status, out.Status = "down", "down", http.StatusServiceUnavailable
			}
		}
	}
	out.Data = view
	return out, nil
}

// openapi serves GET /api/v1/openapi.json.
func (h *operations) openapi(*gin.Context) (Page, error) { return Page{Data: h.api}, nil }
