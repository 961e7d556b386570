package workflow

import (
	"slices"
)

// side is a side of a state that arrows meet.
type side int

const (
	onLeft side = iota
	onRight
	onTop
	onBottom
)

// port is one side of a state.
type port struct {
	at   cell
	side side
}

// end is where one arrow meets a port: the i-th of the arrows there.
type end struct {
	port
	i int
}

// route gives each arrow its two ends and orders those that meet one side so
// that they do not cross there.
func (l *layout) route() {
	l.ports = map[port]int{}
	type meeting struct {
		link  int
		first bool
		other cell
	}
	at := map[port][]meeting{}
	for i := range l.links {
		k := &l.links[i]
		k.out.port, k.in.port = sides(k.a, k.b)
		at[k.out.port] = append(at[k.out.port], meeting{i, true, k.b})
		at[k.in.port] = append(at[k.in.port], meeting{i, false, k.a})
	}
	for pt, list := range at {
		slices.SortStableFunc(list, func(x, y meeting) int {
			if d := rank(pt, x.other) - rank(pt, y.other); d != 0 {
				return d
			}
			if x.first == y.first {
				return x.link - y.link
			}
			if x.first == (pt.side == onRight) {
				return -1 // a pair of opposite arrows keeps its lanes apart
			}
			return 1
		})
		for i, m := range list {
			if m.first {
				l.links[m.link].out.i = i
			} else {
				l.links[m.link].in.i = i
			}
		}
		l.ports[pt] = len(list)
	}
}

// sides chooses where an arrow from a to b leaves and arrives: straight down to
// the next row, round by the outside within a column, else across the aisle.
func sides(a, b cell) (out, in port) {
	switch {
	case a.col == b.col && b.row == a.row+1:
		return port{a, onBottom}, port{b, onTop}
	case a.col == b.col && a.col == 0:
		return port{a, onLeft}, port{b, onLeft}
	case a.col == b.col:
		return port{a, onRight}, port{b, onRight}
	case a.col < b.col:
		return port{a, onRight}, port{b, onLeft}
	}
	return port{a, onLeft}, port{b, onRight}
}

// rank orders the arrows at a port from top to bottom. Within a column the
// shorter arc lies inside the longer.
func rank(pt port, other cell) int {
	dy := other.row - pt.at.row
	if other.col != pt.at.col {
		return dy * 100
	}
	if dy < 0 {
		return -1000 - dy
	}
	return 1000 - dy
}

// backs counts the arrows that go round the main line.
func (l *layout) backs() int {
	n := 0
	for _, k := range l.links {
		if k.out.side == onLeft && k.in.side == onLeft {
			n++
		}
	}
	return n
}

// arcsRight reports whether an arrow goes round the last column.
func (l *layout) arcsRight() bool {
	return slices.ContainsFunc(l.links, func(k link) bool {
		return k.out.side == onRight && k.in.side == onRight && k.a.col == l.cols-1
	})
}

// depth is how many arcs of the main line lie inside that of k.
func (l *layout) depth(k *link) int {
	n := 0
	for i := range l.links {
		o := &l.links[i]
		if o == k || o.out.side != onLeft || o.in.side != onLeft {
			continue
		}
		if span(o) < span(k) || span(o) == span(k) && o.from < k.from {
			n++
		}
	}
	return n
}

func span(k *link) int { return abs(k.a.row - k.b.row) }
