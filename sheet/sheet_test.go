package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shujie-gov/shujie/fault"
)

func limits() Limits { return Limits{Unpacked: 1 << 20, Rows: 1000, Columns: 10, Cell: 1000} }

func readAll(data []byte, l Limits) (rows [][]string, lines []int, err error) {
	err = Read(data, l, func(line int, cells []string) error {
		rows, lines = append(rows, append([]string{}, cells...)), append(lines, line)
		return nil
	})
	return rows, lines, err
}

var formats = map[string]func(io.Writer, iter.Seq2[[]string, error]) error{
	"csv":  WriteCSV,
	"xlsx": func(w io.Writer, rows iter.Seq2[[]string, error]) error { return WriteXLSX(w, "目录", rows) },
}

func TestWhatIsWrittenIsReadTheSameAndIsNoFormula(t *testing.T) {
	table := [][]string{
		{"名称", "说明"}, {"=1+1", `=HYPERLINK("http://x","y")`}, {"'=1", "''@x"}, {"+86", "-5"}, {"＝1", "@SUM(A1)"}, {"引号\"逗号,", "两\n行"}, {"'单引号", "a'b"},
	}
	for name, write := range formats {
		var b bytes.Buffer
		if err := write(&b, Rows(table)); err != nil {
			t.Fatal(name, err)
		}
		rows, lines, err := readAll(b.Bytes(), limits())
		if err != nil || !reflect.DeepEqual(rows, table) || lines[0] != 1 {
			t.Errorf("%s: %q %v %v", name, rows, lines, err)
		}
	}
	for _, row := range table {
		for _, cell := range row {
			if strings.ContainsAny(Neutral(cell)[:1], "=+-@") {
				t.Errorf("%q begins a formula", Neutral(cell))
			}
		}
	}
	var b bytes.Buffer
	if err := WriteXLSX(&b, "目录", Rows(table)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := f.GetCellFormula("目录", "A2"); err != nil || text != "" {
		t.Errorf("formula %q, %v", text, err)
	}
}

func TestLinesAreThoseOfTheFileAndEmptyRowsAreLeftOut(t *testing.T) {
	rows, lines, err := readAll([]byte("\ufeffa,b\n , \n\"x\ny\",1\nz\n"), limits())
	if err != nil || !reflect.DeepEqual(rows, [][]string{{"a", "b"}, {"x\ny", "1"}, {"z"}}) || !reflect.DeepEqual(lines, []int{1, 3, 5}) {
		t.Errorf("%q %v %v", rows, lines, err)
	}
	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("名称,部门\n人口,公安厅\n"))
	if err != nil {
		t.Fatal(err)
	}
	if rows, _, err := readAll(gbk, limits()); err != nil || rows[1][1] != "公安厅" {
		t.Errorf("GB 18030: %q %v", rows, err)
	}
}

// zipOf makes an archive; the sizes it states are those of lie, when given.
func zipOf(t *testing.T, members map[string][]byte, lie uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if lie > 0 { // the uncompressed sizes of the central directory
		for i := 0; i+46 < len(data); i++ {
			if bytes.HasPrefix(data[i:], []byte("PK\x01\x02")) {
				binary.LittleEndian.PutUint32(data[i+24:], lie)
			}
		}
	}
	return data
}

func TestAFileThatIsTooMuchIsRefused(t *testing.T) {
	bomb := map[string][]byte{"xl/worksheets/sheet1.xml": make([]byte, 8<<20)}
	many := map[string][]byte{}
	for i := range maxMembers + 1 {
		many[fmt.Sprint(i)] = nil
	}
	tall := strings.Repeat("a\n", 1001)
	for name, data := range map[string][]byte{
		"a bomb": zipOf(t, bomb, 0), "a bomb that says it is small": zipOf(t, bomb, 100), "very many parts": zipOf(t, many, 0),
		"no xlsx": zipOf(t, map[string][]byte{"a": []byte("b")}, 0), "half a ZIP": []byte("PK\x03\x04xxxx"), "an old xls": {0xD0, 0xCF, 0x11, 0xE0, 1},
		"too many rows": []byte(tall), "too many columns": []byte(strings.Repeat("a,", 11)), "a huge cell": []byte(strings.Repeat("x", 1001)),
		"quotes that do not pair": []byte("a\n\"b\n"), "NUL": []byte("a\x00b"), "no text": {0xff, 0xfe, 0x80, 0x81},
	} {
		_, _, err := readAll(data, limits())
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop := errors.New("enough")
	if err := Read([]byte("a\nb\n"), limits(), func(int, []string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the reader: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("名称,说明\n=1,\"x\n\"\n"))
	f.Add([]byte("PK\x03\x04"))
	var b bytes.Buffer
	if err := WriteXLSX(&b, "目录", Rows([][]string{{"a", "b"}, {"=1", ""}})); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, _, err := readAll(data, limits())
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("the fault is ours: %v", err)
			}
			return
		}
		for name, write := range formats { // what was read is kept when it is written
			var b bytes.Buffer
			if err := write(&b, Rows(rows)); err != nil {
				t.Fatal(name, err)
			}
		}
	})
}
