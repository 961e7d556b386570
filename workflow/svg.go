package workflow

import (
	"fmt"
	"html"
	"strings"
	"unicode"

	"github.com/shujie-gov/shujie/fault"
)

// The measures of a drawing, in CSS pixels. It is 360 wide, so that it fits a
// side panel and a phone.
const (
	svgWidth   = 360
	svgFont    = 13
	svgLabel   = 11
	svgBox     = 40 // height of a state
	svgGap     = 28 // between rows
	svgTop     = 24 // above the first row: where a case begins
	svgPad     = 6  // beside the text of a state
	svgAisle   = 30 // between columns
	svgCorner  = 4
	svgHead    = 6 // length of an arrow head
	svgSpacing = 9 // between arrows that meet one side of a state
)

// SVG draws the definition with the state present lit, in lang ("en" for
// English, anything else Chinese). The states that every case must have passed
// on its way to present are marked past.
//
// The drawing has no scripts and no styles of its own: pages style the classes
// diagram, state, present, past, final, edge, next, head, label and entry, and
// where they do not, attributes give it plain colours. Hovering over an arrow
// names its actions.
func (d *Definition) SVG(present State, lang string) string {
	p := newPlotter(d, lang)
	past := d.passed(present)
	p.open(present)
	for i := range p.links {
		p.edge(&p.links[i], present, past)
	}
	for _, s := range d.order {
		p.state(s, s == present, past[s])
	}
	p.b.WriteString("</svg>")
	return p.b.String()
}

// passed returns the states without which no case comes to present.
func (d *Definition) passed(present State) map[State]bool {
	past := map[State]bool{}
	for _, s := range d.order {
		past[s] = s != present && d.States[present] != nil && !d.reach(d.Initial, s)[present]
	}
	return past
}

// plotter turns a layout into text.
type plotter struct {
	layout
	d     *Definition
	lang  string
	lane  float64 // beside the main line, for arrows that go back
	boxW  float64
	aisle float64
	b     strings.Builder
}

func newPlotter(d *Definition, lang string) *plotter {
	p := &plotter{layout: d.layout(), d: d, lang: lang}
	p.lane = 6
	if n := p.backs(); n > 0 {
		p.lane = 16 + float64(n)*6
	}
	right := 4.0
	if p.arcsRight() {
		right = 18
	}
	p.aisle = svgAisle
	if p.cols > 2 {
		p.aisle = svgAisle - 4
	}
	cols := float64(p.cols)
	p.boxW = min(118, (svgWidth-p.lane-right-(cols-1)*p.aisle)/cols)
	if p.cols > 1 { // room that is left goes to the aisles, where the arrows are
		p.aisle = min(52, (svgWidth-p.lane-right-cols*p.boxW)/(cols-1))
	}
	return p
}

func (p *plotter) open(present State) {
	name := fault.Text{ZH: p.d.Title.ZH + "流程图", EN: p.d.Title.EN + ": states"}
	if p.d.States[present] != nil {
		t := p.d.TitleOf(present)
		name.ZH += "，现在：" + t.ZH
		name.EN += ", now: " + t.EN
	}
	width := p.x(p.cols-1) + p.boxW + 4
	if p.arcsRight() {
		width += 14
	}
	height := p.y(p.rows-1) + svgBox + 6
	p.printf(`<svg class="diagram" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" font-size="%d">`,
		num(width), num(height), num(width), num(height), svgFont)
	p.printf("<title>%s</title>", html.EscapeString(name.In(p.lang)))
	x, y := p.x(0)+p.boxW/2, p.y(0)
	p.printf(`<g class="entry" fill="#56616f" stroke="#56616f"><circle cx="%s" cy="6" r="4" stroke="none"/><path d="M%s 10V%s"/>`,
		num(x), num(x), num(y-svgHead))
	p.printf("%s</g>", head(x, y, 0, 1))
}

// state draws one state as a box with its title, on two lines when one is too
// short.
func (p *plotter) state(s State, present, past bool) {
	c := p.cells[s]
	x, y := p.x(c.col), p.y(c.row)
	class, fill, stroke, ink := "state", "#ffffff", "#8b95a3", "#1b2430"
	switch {
	case present:
		class, fill, stroke, ink = "state present", "#1558b0", "#1558b0", "#ffffff"
	case past:
		class, fill, stroke = "state past", "#e8f0fa", "#1558b0"
	}
	final := p.d.States[s].Final || p.d.States[s].Goal
	if final {
		class += " final"
	}
	p.printf(`<g class="%s"><rect x="%s" y="%s" width="%s" height="%d" rx="%d" fill="%s" stroke="%s"/>`,
		class, num(x), num(y), num(p.boxW), svgBox, svgCorner, fill, stroke)
	if final {
		edge := stroke
		if present {
			edge = "#ffffff"
		}
		p.printf(`<rect class="inner" x="%s" y="%s" width="%s" height="%d" rx="%d" fill="none" stroke="%s"/>`,
			num(x+3), num(y+3), num(p.boxW-6), svgBox-6, svgCorner-2, edge)
	}
	lines := wrap(p.d.TitleOf(s).In(p.lang), p.boxW-2*svgPad, svgFont)
	p.printf(`<text text-anchor="middle" fill="%s">`, ink)
	mid := y + svgBox/2 + svgFont*0.36
	for i, line := range lines {
		p.printf(`<tspan x="%s" y="%s">%s</tspan>`, num(x+p.boxW/2),
			num(mid+(float64(i)-float64(len(lines)-1)/2)*(svgFont+2)), html.EscapeString(line))
	}
	p.printf("</text></g>")
}

// x is the left side of a column, y the upper side of a row.
func (p *plotter) x(col int) float64 { return p.lane + float64(col)*(p.boxW+p.aisle) }
func (p *plotter) y(row int) float64 { return svgTop + float64(row)*(svgBox+svgGap) }

func (p *plotter) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// num writes a coordinate with at most one decimal.
func num(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

// head draws an arrow head whose point is at x, y and that points along dx, dy.
func head(x, y, dx, dy float64) string {
	const half = 3.2
	bx, by := x-svgHead*dx, y-svgHead*dy
	return fmt.Sprintf(`<path class="head" stroke="none" d="M%s %sL%s %sL%s %sZ"/>`, num(x), num(y),
		num(bx-half*dy), num(by+half*dx), num(bx+half*dy), num(by-half*dx))
}

// textWidth estimates the width of s at a font size: a Chinese character is one
// em wide, others 0.55.
func textWidth(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		if r > unicode.MaxLatin1 {
			em++
		} else {
			em += 0.55
		}
	}
	return em * size
}

// wrap breaks s into lines that fit a width, English between words, Chinese
// between characters in even halves.
func wrap(s string, width, size float64) []string {
	if textWidth(s, size) <= width {
		return []string{s}
	}
	if words := strings.Fields(s); len(words) > 1 {
		best, at := textWidth(s, size), 1
		for i := 1; i < len(words); i++ {
			w := max(textWidth(strings.Join(words[:i], " "), size), textWidth(strings.Join(words[i:], " "), size))
			if w < best {
				best, at = w, i
			}
		}
		return []string{strings.Join(words[:at], " "), strings.Join(words[at:], " ")}
	}
	runes := []rune(s)
	half := (len(runes) + 1) / 2
	return []string{string(runes[:half]), string(runes[half:])}
}
