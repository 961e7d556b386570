package exchange

import (
	"context"
	"crypto/subtle"
	"errors"
	"net"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/shujie-gov/shujie/fault"
)

// The schemes of a place for files.
const (
	schemeFolder = "file"
	schemeSFTP   = "sftp"
)

// FilesAt reads the address of a place for files: file:///folder, or
// sftp://host:port/folder?hostkey=SHA256:… with the fingerprint of the host's key
// as `ssh-keygen -l` prints it. Account and password are the service's.
func FilesAt(base string) (OpenFiles, error) {
	u, err := url.Parse(base)
	wrong := fault.InvalidField("base",
		"文件交换的位置应形如 file:///目录 或 sftp://主机:端口/目录?hostkey=SHA256:…。",
		"the place for files must look like file:///folder or sftp://host:port/folder?hostkey=SHA256:…")
	if err != nil || u.User != nil || u.Path == "" || u.Fragment != "" {
		return nil, wrong
	}
	switch key := u.Query().Get("hostkey"); {
	case u.Scheme == schemeFolder && u.Host == "" && u.RawQuery == "":
		return func(context.Context, Service) (Files, error) { return OpenFolder(u.Path) }, nil
	case u.Scheme == schemeSFTP && u.Host != "" && strings.HasPrefix(key, "SHA256:"):
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), "22")
		}
		return func(ctx context.Context, s Service) (Files, error) { return openSFTP(ctx, host, u.Path, key, s) }, nil
	}
	return nil, wrong
}

// remote is a folder of another machine.
type remote struct {
	dir  string
	ssh  *ssh.Client
	sftp *sftp.Client
}

var errHostKey = errors.New("the host shows another key than the one registered")

// openSFTP logs in by password. A host with another key than the one registered
// is not talked to.
func openSFTP(ctx context.Context, host, dir, key string, s Service) (_ Files, err error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil { // of all that follows
			return nil, errors.Join(err, conn.Close())
		}
	}
	c, channels, requests, err := ssh.NewClientConn(conn, host, &ssh.ClientConfig{
		User: s.Account,
		Auth: []ssh.AuthMethod{ssh.Password(s.Password)},
		HostKeyCallback: func(_ string, _ net.Addr, shown ssh.PublicKey) error {
			if subtle.ConstantTimeCompare([]byte(ssh.FingerprintSHA256(shown)), []byte(key)) != 1 {
				return errHostKey
			}
			return nil
		},
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	client := ssh.NewClient(c, channels, requests)
	files, err := sftp.NewClient(client)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &remote{dir, client, files}, nil
}

func (r *remote) Close() error { return errors.Join(r.sftp.Close(), r.ssh.Close()) }

// Put writes beside the file and renames it; SFTP's rename leaves one that is
// there (draft-ietf-secsh-filexfer-02 §6.5).
func (r *remote) Put(name string, body []byte) error {
	name = path.Join(r.dir, name)
	if _, err := r.sftp.Stat(name); err == nil {
		return nil
	}
	if err := r.sftp.MkdirAll(path.Dir(name)); err != nil {
		return err
	}
	beside := besides(name)
	out, err := r.sftp.Create(beside)
	if err != nil {
		return err
	}
	_, err = out.Write(body)
	if err = errors.Join(err, out.Close()); err == nil {
		err = r.sftp.Rename(beside, name)
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, r.sftp.Remove(beside))
	if _, there := r.sftp.Stat(name); there == nil {
		return nil // somebody was faster, with the same request
	}
	return err
}

func (r *remote) Get(name string, limit int64) ([]byte, error) {
	in, err := r.sftp.Open(path.Join(r.dir, name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	return limited(in, limit)
}
