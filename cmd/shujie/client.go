package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks the JSON API as one user, as a department's system would.
type client struct {
	http  *http.Client
	base  string
	user  string
	token string
}

// apiError is a problem answer (RFC 9457).
type apiError struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	State  string `json:"state"`
	Fields []struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	} `json:"fields"`
	call string
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("%s: %d %s", e.call, e.Status, e.Title)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	for _, f := range e.Fields {
		s += "; " + f.Name + ": " + f.Message
	}
	return s
}

// overtaken reports whether somebody else moved the case first, or the step is
// no longer due: the inbox is read again.
func overtaken(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.Status == http.StatusConflict
}

// login opens a session for the user.
func login(ctx context.Context, base, user, password string) (*client, error) {
	c := &client{http: &http.Client{Timeout: 30 * time.Second}, base: base, user: user}
	var out struct {
		Token string `json:"token"`
	}
	err := c.do(ctx, http.MethodPost, "/api/v1/session", "", map[string]string{"username": user, "password": password}, &out)
	c.token = out.Token
	return c, err
}

// do makes one call. key is the Idempotency-Key, empty for none.
func (c *client) do(ctx context.Context, method, path, key string, body, out any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", "en")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		e := &apiError{Status: res.StatusCode, call: c.user + " " + method + " " + path}
		if json.Unmarshal(data, e) != nil {
			e.Title = strings.TrimSpace(string(data))
		}
		return e
	}
	if out == nil || len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, out)
}

// thing is a case as the demo reads it from the API.
type thing struct {
	ID      int64  `json:"id"`
	Number  string `json:"number"`
	Kind    string `json:"kind"`
	State   string `json:"state"`
	Version int64  `json:"version"`
	Title   string `json:"title"`
	Proof   string `json:"proof"`
	Ended   bool   `json:"ended"`
	Item    *named `json:"service_item"`
	Batch   *named `json:"batch"`
	Holder  *dept  `json:"holder"`
	Lead    *dept  `json:"lead"`

	NoMeeting    string   `json:"no_meeting"`
	Actions      []string `json:"actions"`
	Requirements []struct {
		ID          int64  `json:"id"`
		Done        bool   `json:"done"`
		Status      string `json:"status"`
		ShareClass  int    `json:"share_class"`
		Alternative string `json:"alternative"`
	} `json:"requirements"`
	Facts map[string]any `json:"facts"`
}

type named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type dept struct {
	ID   int64  `json:"id"`
	Code string `json:"code"`
}

// list reads every page of a list of cases.
func (c *client) list(ctx context.Context, query url.Values) ([]thing, error) {
	var all []thing
	query.Set("limit", "100")
	for {
		var page struct {
			Items []thing `json:"items"`
			Next  string  `json:"next"`
		}
		if err := c.do(ctx, http.MethodGet, "/api/v1/cases?"+query.Encode(), "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		query.Set("cursor", page.Next)
	}
}

func (c *client) get(ctx context.Context, id int64) (thing, error) {
	var t thing
	err := c.do(ctx, http.MethodGet, fmt.Sprintf("/api/v1/cases/%d", id), "", nil, &t)
	return t, err
}

// act moves a case as the user saw it. Repeating the call does nothing.
func (c *client) act(ctx context.Context, t thing, action string, fields map[string]any) (thing, error) {
	body := map[string]any{"version": t.Version}
	for k, v := range fields {
		body[k] = v
	}
	var out thing
	err := c.do(ctx, http.MethodPost, fmt.Sprintf("/api/v1/cases/%d/actions/%s", t.ID, action),
		fmt.Sprintf("demo-%d-%d-%s", t.ID, t.Version, action), body, &out)
	return out, err
}
