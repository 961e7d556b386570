package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shujie-gov/shujie/fault"
)

// Read gives each row of a file to take: the lines counted from 1 as the program
// that shows the file counts them, the cells trimmed and without what [Neutral]
// put before them. Empty rows are left out. An xlsx is told by its first bytes;
// of several sheets the first is read. CSV is UTF-8, or GB 18030 as spreadsheets
// in China save it.
//
// What is wrong with the file is an Invalid fault on the field "file"; an error
// of take ends the reading and is returned.
func Read(data []byte, l Limits, take func(line int, cells []string) error) error {
	each := func(line int, cells []string) error {
		if err := l.fits(line, cells); err != nil {
			return err
		}
		empty := true
		for i, c := range cells {
			c = plain(strings.TrimSpace(c))
			if strings.ContainsRune(c, 0) || !utf8.ValidString(c) {
				return inLine(line, "含有无法保存的字符", "holds characters that cannot be kept")
			}
			cells[i], empty = c, empty && c == ""
		}
		if empty {
			return nil
		}
		return take(line, cells)
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readXLSX(data, l, each)
	case bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return fault.InvalidField("file", "是旧版 xls 或加密的文件，请另存为未加密的 xlsx 或 CSV", "is an old xls or an encrypted file; save it as plain xlsx or CSV")
	}
	return readCSV(data, each)
}

func readCSV(data []byte, each func(line int, cells []string) error) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return fault.InvalidField("file", "不是 xlsx，也不是 UTF-8 或 GB 18030 编码的 CSV", "is neither xlsx nor CSV in UTF-8 or GB 18030")
		}
		data = decoded
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			return inLine(p.Line, "引号不成对", "the quotes do not pair")
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if err := each(line, cells); err != nil {
			return err
		}
	}
}

func readXLSX(data []byte, l Limits, each func(line int, cells []string) error) (err error) {
	if err := measure(data, l.Unpacked); err != nil {
		return err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: l.Unpacked, UnzipXMLSizeLimit: l.Unpacked})
	if err != nil {
		return notXLSX(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	names := f.GetSheetList()
	if len(names) == 0 {
		return notXLSX(errors.New("no sheet"))
	}
	rows, err := f.Rows(names[0])
	if err != nil {
		return notXLSX(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return notXLSX(err)
		}
		if err := each(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return notXLSX(err)
	}
	return nil
}
