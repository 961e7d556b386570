package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"time"
)

// caller sends requests of one user over one connection that stays open. It
// reads every answer to its end, but keeps none: it runs on the machine that is
// measured, and what it costs is missing there.
type caller struct {
	conn net.Conn
	in   *bufio.Reader
	text []byte // of the request
	head string // of every request, after its first line
}

// callTimeout is how long a measurement may overrun.
const callTimeout = 30 * time.Second

func dialCaller(ctx context.Context, addr, token, accept string, until time.Time) (*caller, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(" HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: %s\r\nContent-Type: application/json\r\nContent-Length: ", addr, token, accept)
	return &caller{conn: conn, in: bufio.NewReader(conn), head: head}, conn.SetDeadline(until.Add(callTimeout))
}

func (c *caller) close() error { return c.conn.Close() }

// call sends one request and returns the length of its answer, which must be a
// success.
func (c *caller) call(method, path, body string) (int, error) {
	c.text = append(c.text[:0], method...)
	c.text = append(c.text, ' ')
	c.text = append(c.text, path...)
	c.text = append(c.text, c.head...)
	c.text = strconv.AppendInt(c.text, int64(len(body)), 10)
	c.text = append(c.text, "\r\n\r\n"...)
	c.text = append(c.text, body...)
	if _, err := c.conn.Write(c.text); err != nil {
		return 0, err
	}
	status, size, err := c.readHead()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(c.in, int64(size)))
		return 0, fmt.Errorf("%s %s: %d %s %w", method, path, status, text, err)
	}
	return c.in.Discard(size)
}

// readHead reads the head of an answer: its status and the length of its body,
// which must be said.
func (c *caller) readHead() (status, size int, err error) {
	size = -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			if len(line) < len("HTTP/1.1 200") {
				return 0, 0, textproto.ProtocolError(line)
			}
			if status, err = strconv.Atoi(string(line[len("HTTP/1.1 "):len("HTTP/1.1 200")])); err != nil {
				return 0, 0, textproto.ProtocolError(line)
			}
			continue
		}
		if len(line) == 0 && size < 0 {
			return 0, 0, textproto.ProtocolError("the answer does not say how long it is")
		}
		if len(line) == 0 {
			return status, size, nil
		}
		if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if size, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, textproto.ProtocolError(line)
			}
		}
	}
}
