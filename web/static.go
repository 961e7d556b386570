package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// static serves the embedded files under names that carry a hash of their
// content, so that browsers may keep them for ever.
type static struct {
	url  map[string]string // "app.css" → "/static/app.1a2b3c4d.css"
	file map[string]staticFile
}

type staticFile struct {
	kind string
	body []byte
}

func newStatic(from fs.FS) (*static, error) {
	names, err := fs.Glob(from, "static/*")
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	s := &static{url: map[string]string{}, file: map[string]staticFile{}}
	for _, name := range names {
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("static: %w", err)
		}
		sum := sha256.Sum256(body)
		base, ext := path.Base(name), path.Ext(name)
		url := "/static/" + strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:4]) + ext
		s.url[base] = url
		s.file[url] = staticFile{kind: mime.TypeByExtension(ext), body: body}
	}
	return s, nil
}

// asset returns the URL of a static file.
func (s *static) asset(name string) (string, error) {
	url, ok := s.url[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return url, nil
}

// ServeHTTP implements http.Handler.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := s.file[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write(f.body) // the reader left; nobody is there to be told
	}
}

// Static serves /static/<name>.<hash>.<ext>, the same for everybody and for ever.
func (v *Views) Static() http.Handler { return v.static }
