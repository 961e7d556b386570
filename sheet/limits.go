package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/shujie-gov/shujie/fault"
)

// Limits bound what is read from one file.
type Limits struct {
	Unpacked int64 // bytes of an xlsx, unpacked
	Rows     int   // with the head
	Columns  int
	Cell     int // bytes of one cell
}

// maxMembers bounds the parts of an xlsx; a plain workbook has about ten.
const maxMembers = 1000

// measure unpacks a ZIP to nowhere and refuses one that is larger than it may
// be. The sizes that the archive states are not believed.
func measure(data []byte, most int64) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return notXLSX(err)
	}
	if len(z.File) > maxMembers {
		return tooLarge()
	}
	left := most
	for _, f := range z.File {
		if f.UncompressedSize64 > uint64(left) { //nolint:gosec // left is not negative
			return tooLarge()
		}
		n, err := unpacked(f, left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func unpacked(f *zip.File, most int64) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, notXLSX(err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if n > most {
		return n, errors.Join(tooLarge(), r.Close())
	}
	if err != nil {
		return n, errors.Join(notXLSX(err), r.Close())
	}
	return n, r.Close()
}

func tooLarge() error {
	return fault.InvalidField("file", "文件解压后过大，已拒绝", "is too large when it is unpacked, and was refused")
}

func notXLSX(err error) error {
	f := fault.InvalidField("file", "不是完好的 xlsx 文件", "is not an intact xlsx file")
	f.Err = err
	return f
}

func inLine(line int, zh, en string) error {
	return fault.InvalidField("file", fmt.Sprintf("第 %d 行：%s", line, zh), fmt.Sprintf("line %d: %s", line, en))
}

// fits reports what is too much about a row.
func (l Limits) fits(line int, cells []string) error {
	switch {
	case line > l.Rows:
		return fault.InvalidField("file", fmt.Sprintf("超过 %d 行", l.Rows), fmt.Sprintf("has more than %d lines", l.Rows))
	case len(cells) > l.Columns:
		return inLine(line, fmt.Sprintf("超过 %d 列", l.Columns), fmt.Sprintf("more than %d columns", l.Columns))
	}
	for _, c := range cells {
		if len(c) > l.Cell {
			return inLine(line, fmt.Sprintf("有单元格超过 %d 字节", l.Cell), fmt.Sprintf("a cell of more than %d bytes", l.Cell))
		}
	}
	return nil
}
