package web

import (
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	qr "github.com/piglig/go-qr"
)

// A drawn code is read back by a decoder, from the picture alone.
func TestADrawnCodeIsReadAsItsText(t *testing.T) {
	for _, text := range []string{"a", `["shujie receipt 4",17,"新生儿参保：出生证明 <&\""]`, strings.Repeat("《政务数据共享条例》第十四条", 30), strings.Repeat("证", 950)} {
		drawing, err := qrCode(text, "回执<二维码>")
		if err != nil {
			t.Fatal(err)
		}
		got, err := qr.Decode(raster(t, string(drawing)))
		if err != nil || got != text {
			t.Errorf("read %q, want %q, %v", got, text, err)
		}
		if !strings.Contains(string(drawing), `role="img" aria-label="回执&lt;二维码&gt;"`) {
			t.Errorf("a picture without words: %.120s", drawing)
		}
	}
	if drawing, err := qrCode(strings.Repeat("证", 2000), "x"); drawing != "" || err != nil {
		t.Errorf("too long for any code: %d bytes, %v", len(drawing), err)
	}
}

// raster paints the path of a drawing, four pixels a module.
func raster(t *testing.T, drawing string) image.Image {
	t.Helper()
	const scale = 4
	side := number(t, regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(drawing)[1])
	img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(drawing, -1)
	if len(runs) == 0 {
		t.Fatalf("nothing is drawn: %.200s", drawing)
	}
	for _, run := range runs {
		x, y, n := number(t, run[1]), number(t, run[2]), number(t, run[3])
		for px := x * scale; px < (x+n)*scale; px++ {
			for py := y * scale; py < (y+1)*scale; py++ {
				img.SetGray(px, py, color.Gray{})
			}
		}
	}
	return img
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(fmt.Errorf("%q: %w", text, err))
	}
	return n
}
