package exchange

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// record returns what a service holds about a person: fields named in the way
// of the sector standards (initials of the pinyin), filled alike each time.
// Nothing in it is real: places are 示例市 (Example City), numbers are checked
// but belong to nobody.
func (s *Simulator) record(resource string, p Person) map[string]string {
	fields, ok := s.templates[resource]
	if !ok {
		fields = generic()
	}
	sub := &subject{Person: p, resource: resource, rng: repeatable(s.seed, resource, p.IDNumber), home: repeatable(s.seed, "home", p.IDNumber)}
	out := map[string]string{"xm": p.Name, "gmsfhm": p.IDNumber}
	for _, f := range fields {
		out[f.key] = f.value(sub)
	}
	return out
}

// subject is the person a record is about. Its two sources give what is of this
// record alone and what is alike in all records of the person.
type subject struct {
	Person
	resource string
	rng      *rand.Rand
	home     *rand.Rand
	kin      map[string]Person
}

// relative returns the person's spouse, father, mother or child, the same in
// every record.
func (s *subject) relative(role string) Person {
	if s.kin == nil {
		surname := string([]rune(s.Name)[:1])
		born := s.Born()
		s.kin = map[string]Person{
			"spouse": s.invent("", born.AddDate(s.home.IntN(5)-2, 0, s.home.IntN(300)), !s.Female()),
			"father": s.invent(surname, born.AddDate(-23-s.home.IntN(10), 0, s.home.IntN(300)), false),
			"mother": s.invent("", born.AddDate(-22-s.home.IntN(10), 0, s.home.IntN(300)), true),
			"child":  s.invent(surname, date(max(born.Year()+20, 2006)+s.home.IntN(6), s.home.IntN(300)), s.home.IntN(2) == 0),
		}
	}
	return s.kin[role]
}

func (s *subject) invent(surname string, born time.Time, female bool) Person {
	seq := 1 + 2*s.home.IntN(499)
	if female {
		seq++
	}
	return Person{Name: makeName(s.home, surname, female), IDNumber: makeID(s.home.IntN(100), born, seq)}
}

// field is one field of a record and where its value comes from.
type field struct {
	key   string
	value func(*subject) string
}

func fixed(v string) func(*subject) string { return func(*subject) string { return v } }

func pick(from ...string) func(*subject) string {
	return func(s *subject) string { return from[s.rng.IntN(len(from))] }
}

// day draws a date of the years given.
func day(from, to int) func(*subject) string {
	return func(s *subject) string {
		return date(from, s.rng.IntN((to-from+1)*365)).Format("20060102")
	}
}

// aged draws a date on which the person was that old or up to five years older.
func aged(years int) func(*subject) string {
	return func(s *subject) string { return date(s.Born().Year()+years+1, s.rng.IntN(5*365)).Format("20060102") }
}

// date returns the day that comes so many days after New Year.
func date(year, days int) time.Time { return time.Date(year, 1, 1+days, 0, 0, 0, 0, time.UTC) }

// number draws digits after a prefix.
func number(prefix string, n int) func(*subject) string {
	return func(s *subject) string {
		b := []byte(prefix)
		for range n {
			b = append(b, byte('0'+s.rng.IntN(10))) //nolint:gosec // a digit
		}
		return string(b)
	}
}

// amount draws an amount of money in yuan.
func amount(from, to int) func(*subject) string {
	return func(s *subject) string { return fmt.Sprintf("%d.%02d", from+s.rng.IntN(to-from), s.rng.IntN(100)) }
}

// between draws a whole number.
func between(from, to int) func(*subject) string {
	return func(s *subject) string { return strconv.Itoa(from + s.rng.IntN(to-from+1)) }
}

func nameOf(role string) func(*subject) string {
	return func(s *subject) string { return s.relative(role).Name }
}

func idOf(role string) func(*subject) string {
	return func(s *subject) string { return s.relative(role).IDNumber }
}

func birthOf(role string) func(*subject) string {
	return func(s *subject) string { return s.relative(role).IDNumber[6:14] }
}

func birth(s *subject) string { return s.IDNumber[6:14] }

// weekAfterBirth is when a certificate of the child's birth is made out.
func weekAfterBirth(s *subject) string {
	return s.relative("child").Born().AddDate(0, 0, 7).Format("20060102")
}

func phone(s *subject) string { return s.Phone }

// sex is the code of GB/T 2261.1.
func sex(s *subject) string {
	if s.Female() {
		return "2"
	}
	return "1"
}

// address is the same in every record of a person.
func address(s *subject) string {
	h := digest(0, "address", s.IDNumber)
	streets := []string{"和平路", "建设路", "人民路", "文化路", "新华路", "向阳街"}
	return fmt.Sprintf("江苏省示例市演示区%s%d号%d幢%d室", streets[int(h[0])%len(streets)], 1+int(h[1])%200, 1+int(h[2])%30, 101+100*(int(h[3])%18)+int(h[4])%4)
}

func uscc(s *subject) string { return makeUSCC(s.rng) }

func company(s *subject) string {
	return "示例市" + oneRune(s.rng, "华盛恒泰瑞祥") + oneRune(s.rng, "通达源丰和兴") + pick("商贸", "科技", "建材", "餐饮管理")(s) + "有限公司"
}

func resourceName(s *subject) string { return s.resource }

// office names an office of the fictitious city.
func office(name string) func(*subject) string { return fixed("示例市" + name) }

// generic are the fields of a service the simulator has never heard of.
func generic() []field {
	return []field{
		{"sjmc", resourceName},
		{"bh", number("SL", 12)},
		{"zt", fixed("有效")},
		{"djjg", office("登记机构")},
		{"djrq", day(2010, 2024)},
	}
}
