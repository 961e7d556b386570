package web

import (
	"errors"
	"fmt"
	"html/template"
	"strings"

	qr "github.com/piglig/go-qr"
)

// quiet is the empty margin around a QR code, in modules (ISO/IEC 18004).
const quiet = 4

// qrCode draws text as a QR code, one path of black modules on white. It takes
// the medium level of correction, the low one where the text is too long for
// that; nothing when it is too long for a code at all. The title is
// what is read out instead of the picture.
func qrCode(text, title string) (template.HTML, error) {
	code, err := qr.EncodeText(text, qr.Medium)
	if errors.Is(err, qr.ErrDataTooLong) {
		code, err = qr.EncodeText(text, qr.Low)
	}
	if errors.Is(err, qr.ErrDataTooLong) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("qr: %w", err)
	}
	var path strings.Builder
	for y := range code.Size() {
		for x := 0; x < code.Size(); x++ {
			start := x
			for x < code.Size() && code.Module(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+quiet, y+quiet, x-start, x-start)
			}
		}
	}
	side := code.Size() + 2*quiet
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers, and a title that is escaped
		`<svg class="qr" viewBox="0 0 %[1]d %[1]d" role="img" aria-label="%[2]s" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[3]s"/></svg>`,
		side, template.HTMLEscapeString(title), path.String())), nil
}
