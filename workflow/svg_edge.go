package workflow

import (
	"html"
	"math"
)

// point returns where an end lies.
func (p *plotter) point(e end) (x, y float64) {
	x, y = p.x(e.at.col), p.y(e.at.row)
	switch e.side {
	case onTop:
		return x + p.boxW/2, y
	case onBottom:
		return x + p.boxW/2, y + svgBox
	case onRight:
		x += p.boxW
	case onLeft:
	}
	n := p.ports[e.port]
	space := min(svgSpacing, float64(svgBox-8)/float64(n))
	return x, y + svgBox/2 + (float64(e.i)-float64(n-1)/2)*space
}

// edge draws one arrow, and beside an arrow of the main line its first action
// where there is room.
func (p *plotter) edge(k *link, present State, past map[State]bool) {
	x1, y1 := p.point(k.out)
	x2, y2 := p.point(k.in)
	class, stroke := "edge", "#8b95a3"
	switch {
	case k.from == present:
		class, stroke = "edge next", "#1558b0"
	case past[k.from] && (past[k.to] || k.to == present) && k.b.row > k.a.row:
		class, stroke = "edge past", "#1558b0"
	}
	dx, dy := 0.0, 1.0
	var path string
	switch k.out.side {
	case onBottom:
		path = "M" + num(x1) + " " + num(y1) + "V" + num(y2-svgHead)
	case k.in.side: // round by the outside
		dir := 1.0
		if k.out.side == onLeft {
			dir = -1
		}
		dx, dy = -dir, 0
		path = p.arc(k, x1, y1, x2, y2, dir)
	default:
		dx, dy = math.Copysign(1, x2-x1), 0
		bend := (x2 - x1) / 2
		path = "M" + num(x1) + " " + num(y1) + "C" + num(x1+bend) + " " + num(y1) + " " +
			num(x2-bend-dx*svgHead) + " " + num(y2) + " " + num(x2-dx*svgHead) + " " + num(y2)
	}
	p.printf(`<g class="%s" fill="%s"><title>%s</title>`, class, stroke, html.EscapeString(
		p.d.TitleOf(k.from).In(p.lang)+" → "+p.d.TitleOf(k.to).In(p.lang)+": "+k.titles(p.lang, comma(p.lang))))
	p.printf(`<path class="hit" fill="none" stroke="transparent" stroke-width="10" d="%s"/>`, path)
	p.printf(`<path class="line" fill="none" stroke="%s" stroke-width="1.3" d="%s"/>%s`, stroke, path, head(x2, y2, dx, dy))
	if k.out.side == onBottom && k.a.col == 0 {
		p.label(k, x1+7, (y1+y2)/2-1)
	}
	p.printf("</g>")
}

// arc goes round the outside of a column: out, along and in again, the longer
// the arrow the further out.
func (p *plotter) arc(k *link, x1, y1, x2, y2, dir float64) string {
	out := 13.0
	if n := p.backs(); k.a.col == 0 && n > 0 {
		out = 10 + float64(p.depth(k))*6
	}
	far := x1 + dir*out
	r := math.Min(8, math.Abs(y2-y1)/2)
	v := math.Copysign(r, y2-y1)
	return "M" + num(x1) + " " + num(y1) + "H" + num(far-dir*r) +
		"Q" + num(far) + " " + num(y1) + " " + num(far) + " " + num(y1+v) +
		"V" + num(y2-v) +
		"Q" + num(far) + " " + num(y2) + " " + num(far-dir*r) + " " + num(y2) +
		"H" + num(x2+dir*svgHead)
}

func (p *plotter) label(k *link, x, y float64) {
	text := k.actions[0].Title.In(p.lang)
	if textWidth(text, svgLabel) > p.boxW/2-8 {
		return
	}
	p.printf(`<text class="label" x="%s" y="%s" font-size="%d" fill="#56616f">%s</text>`,
		num(x), num(y+svgLabel*0.36), svgLabel, html.EscapeString(text))
}

func comma(lang string) string {
	if lang == "en" {
		return ", "
	}
	return "、"
}
