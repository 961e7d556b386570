package workflow

import (
	"slices"
)

// layout is where the states of a definition stand in its drawing: the way from
// the initial state to the first end is the main line, column 0 from top to
// bottom; all others stand beside it, near where they are reached from.
type layout struct {
	cells map[State]cell
	rows  int
	cols  int
	links []link
	ports map[port]int // how many arrows meet a side of a state
}

type cell struct{ col, row int }

// link is an arrow of the drawing.
type link struct {
	*arrow
	a, b    cell
	out, in end
}

// A drawing of at most so many states and arrows is improved by trying; a larger
// one stays as the first pass made it.
const (
	maxImproveStates = 24
	maxImproveLinks  = 72
)

// sideCols is how many columns stand beside the main line.
const sideCols = 2

// arrange lays out d. The same definition always gives the same layout.
func (d *Definition) arrange() layout {
	l := layout{cells: map[State]cell{}}
	for i, s := range d.mainLine() {
		l.cells[s] = cell{0, i}
	}
	main := len(l.cells)
	for _, a := range d.arrows() {
		if a.from != a.to {
			l.links = append(l.links, link{arrow: a})
		}
	}
	side := d.beside(l.cells)
	for _, s := range side {
		l.cells[s] = l.free(d, s, main)
	}
	if len(d.order) <= maxImproveStates && len(l.links) <= maxImproveLinks {
		l.improve(side, main)
	}
	for _, c := range l.cells {
		l.rows, l.cols = max(l.rows, c.row+1), max(l.cols, c.col+1)
	}
	for i := range l.links {
		k := &l.links[i]
		k.a, k.b = l.cells[k.from], l.cells[k.to]
	}
	l.route()
	return l
}

// mainLine returns the shortest way from the initial state to the first end
// that the definition writes.
func (d *Definition) mainLine() []State {
	end := d.Initial
	for _, s := range d.order {
		if d.States[s].Final || d.States[s].Goal {
			end = s
			break
		}
	}
	came := map[State]State{d.Initial: ""}
	for next := []State{d.Initial}; len(next) > 0; next = next[1:] {
		for _, t := range d.Transitions {
			if to := t.target(next[0]); t.leaves(next[0]) {
				if _, seen := came[to]; !seen {
					came[to] = next[0]
					next = append(next, to)
				}
			}
		}
	}
	var way []State
	for s := end; s != ""; s = came[s] {
		way = append(way, s)
	}
	slices.Reverse(way)
	return way
}

// beside returns the states off the main line, those nearer to it first.
func (d *Definition) beside(main map[State]cell) []State {
	var side []State
	next := slices.Clone(d.mainLine())
	seen := map[State]bool{}
	for ; len(next) > 0; next = next[1:] {
		s := next[0]
		if seen[s] {
			continue
		}
		seen[s] = true
		if _, on := main[s]; !on {
			side = append(side, s)
		}
		for _, t := range d.Transitions {
			if t.leaves(s) {
				next = append(next, t.target(s))
			}
		}
	}
	return side
}

// free returns the free cell beside the main line that is nearest to the row
// from which s is reached.
func (l *layout) free(d *Definition, s State, main int) cell {
	row := 0
	for _, a := range d.arrows() {
		if c, placed := l.cells[a.from]; placed && a.to == s {
			row = c.row
			break
		}
	}
	for far := 0; ; far++ {
		for col := 1; col <= sideCols; col++ {
			for _, r := range []int{row + far, row - far} {
				c := cell{col, r}
				if r >= 0 && r <= main+len(l.cells) && !l.taken(c) {
					return c
				}
			}
		}
	}
}

func (l *layout) taken(c cell) bool {
	for _, o := range l.cells {
		if o == c {
			return true
		}
	}
	return false
}

// improve moves side states, one or a pair at a time, as long as that makes the
// drawing cheaper.
func (l *layout) improve(side []State, main int) {
	var places []cell
	for col := 1; col <= sideCols; col++ {
		for row := range main {
			places = append(places, cell{col, row})
		}
	}
	best := l.cost()
	for better := true; better; {
		better = false
		for _, s := range side {
			for _, c := range places {
				undo := l.move(s, c)
				if cost := l.cost(); cost < best {
					best, better = cost, true
				} else {
					undo()
				}
			}
		}
	}
}

// move puts s at c, and whoever stands there where s stood.
func (l *layout) move(s State, c cell) (undo func()) {
	old := l.cells[s]
	other := State("")
	for o, at := range l.cells {
		if at == c && o != s {
			other = o
		}
	}
	l.cells[s] = c
	if other != "" {
		l.cells[other] = old
	}
	return func() {
		l.cells[s] = old
		if other != "" {
			l.cells[other] = c
		}
	}
}

// cost is how hard the drawing is to read: long arrows, arrows through boxes,
// arrows that cross, and the outer column.
func (l *layout) cost() int {
	total := 0
	for _, c := range l.cells {
		total += max(0, c.col-1) * 4
	}
	for i, k := range l.links {
		a, b := l.cells[k.from], l.cells[k.to]
		dx, dy := abs(a.col-b.col), abs(a.row-b.row)
		total += 3*dx*dx + 2*dy*dy
		if a.row > b.row && a.col != b.col {
			total++ // downwards reads better
		}
		for _, c := range l.cells {
			if c != a && c != b && hits(a, b, c) {
				total += 25
			}
		}
		for _, o := range l.links[:i] {
			if crosses(a, b, l.cells[o.from], l.cells[o.to]) {
				total += 8
			}
		}
	}
	return total
}

// hits reports whether the straight line from a to b runs through the box at c.
func hits(a, b, c cell) bool {
	cross := (b.col-a.col)*(c.row-a.row) - (b.row-a.row)*(c.col-a.col)
	if cross != 0 {
		return false
	}
	return between(a.col, c.col, b.col) && between(a.row, c.row, b.row) && (a.col != 0 || b.col != 0)
}

func between(a, x, b int) bool { return min(a, b) <= x && x <= max(a, b) }

// crosses reports whether the lines ab and cd cross inside both.
func crosses(a, b, c, d cell) bool {
	side := func(p, q, r cell) int { return (q.col-p.col)*(r.row-p.row) - (q.row-p.row)*(r.col-p.col) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

func abs(n int) int { return max(n, -n) }
