package exchange_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/shujie-gov/shujie/exchange"
)

// sftpHost is an SFTP server on loopback. It returns its address and the
// fingerprint of its key.
func sftpHost(t *testing.T, user, password string) (addr, fingerprint string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	conf := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
		if c.User() != user || string(p) != password {
			return nil, errors.New("no")
		}
		return nil, nil //nolint:nilnil // no restrictions
	}}
	conf.AddHostKey(signer)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveSFTP(conn, conf)
		}
	}()
	return l.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey())
}

func serveSFTP(conn net.Conn, conf *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(conn, conf)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, in, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range in {
				_ = r.Reply(r.Type == "subsystem" && string(r.Payload[4:]) == "sftp", nil)
			}
		}()
		server, err := sftp.NewServer(channel)
		if err != nil {
			return
		}
		go func() { _ = server.Serve() }()
	}
}

func TestRequestsAndAnswersTravelOverSFTP(t *testing.T) {
	p := newPlace(t)
	p.provide(t)
	addr, fingerprint := sftpHost(t, "hall", "pass-1")
	at := func(key string) { p.base = "sftp://" + addr + p.dir + "?hostkey=" + url.QueryEscape(key) }
	at(fingerprint)
	s := p.service
	s.Account, s.Password = "hall", "pass-1"
	d := p.depot(t, 10*time.Second)
	first := d.Call(t.Context(), s, p.about("1"))
	if first.Outcome != exchange.Found || !strings.Contains(string(first.Body), p.person.Name) {
		t.Fatalf("%v: %s", first, first.Body)
	}
	if again := d.Call(t.Context(), s, p.about("1")); again.Outcome != exchange.Found || again.RequestID != first.RequestID || p.Stats().Found != 1 {
		t.Errorf("asked again: %v, the provider looked %d times", again, p.Stats().Found)
	}
	if left, err := filepath.Glob(filepath.Join(p.dir, "*", "*", "*.part")); err != nil || len(left) != 0 {
		t.Errorf("left lying: %v, %v", left, err)
	}
	s.Password = "pass-2"
	if a := d.Call(t.Context(), s, p.about("2")); a.Outcome != exchange.Technical || a.Sent || strings.Contains(a.Message, "pass-2") {
		t.Errorf("another password: %v", a)
	}
	s.Password = "pass-1"
	at("SHA256:" + strings.Repeat("A", 43))
	if a := p.depot(t, time.Second).Call(t.Context(), s, p.about("3")); a.Outcome != exchange.Technical || !strings.Contains(a.Message, "another key") {
		t.Errorf("another host: %v", a)
	}
	if _, err := os.Stat(filepath.Join(p.dir, s.SID, "requests")); err != nil {
		t.Error(err)
	}
}
