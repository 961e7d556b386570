package exchange

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// errLarge says that a file is larger than it may be.
var errLarge = errors.New("the file is larger than it may be")

// folder is a folder of this machine or of one that is mounted here. Nothing
// leads out of it, not even a link.
type folder struct{ root *os.Root }

// OpenFolder opens a folder as a place for files.
func OpenFolder(dir string) (Files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return folder{root}, nil
}

func (f folder) Close() error { return f.root.Close() }

// Put writes beside the file and links it to its name, so that nobody reads half
// of it and one that is there stays.
func (f folder) Put(name string, body []byte) (err error) {
	if err := f.root.MkdirAll(path.Dir(name), 0o750); err != nil {
		return err
	}
	beside := besides(name)
	if err := f.root.WriteFile(beside, body, 0o640); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.root.Remove(beside)) }()
	if err := f.root.Link(beside, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (f folder) Get(name string, limit int64) ([]byte, error) {
	in, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	return limited(in, limit)
}

// limited reads a file of at most limit bytes.
func limited(in io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: %d bytes", errLarge, limit)
	}
	return body, err
}

// besides is the name under which a file is written before it is whole. Whoever
// looks for files takes those that end in .json.
func besides(name string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return name + "." + hex.EncodeToString(b[:]) + ".part"
}
