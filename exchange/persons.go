package exchange

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// Person is somebody who does not exist: the area of the number is 3299xx, which
// belongs to nobody (docs/domain.md §8).
type Person struct {
	Name     string `json:"name"`
	IDNumber string `json:"id_number"`
	Phone    string `json:"phone"`
}

// Female reports what the sequence of the number says (GB 11643-1999).
func (p Person) Female() bool { return (p.IDNumber[16]-'0')%2 == 0 }

// Born returns the date of birth.
func (p Person) Born() time.Time {
	t, err := time.Parse("20060102", p.IDNumber[6:14])
	if err != nil {
		panic(err) // only numbers made here come here
	}
	return t
}

// population is how many persons a simulator knows.
const population = 10_000

// Persons returns the first n persons the simulator knows, at most 10,000. The
// same seed knows the same persons. Every one of them has a record in every
// service.
func (s *Simulator) Persons(n int) []Person {
	all := s.people().list
	return append([]Person(nil), all[:min(max(n, 0), len(all))]...)
}

type people struct {
	list []Person
	byID map[string]int
}

// newPeople makes the population of a seed. The first four have the numbers of
// docs/domain.md §8.
func newPeople(seed uint64) people {
	p := people{byID: make(map[string]int, population)}
	rng := repeatable(seed, "persons")
	numbers := []string{"32990019900101001X", "329900200002290020", "329900194912310037", "32990019850615003X"}
	for len(p.list) < population {
		var id string
		if len(p.list) < len(numbers) {
			id = numbers[len(p.list)]
		} else {
			id = makeID(rng.IntN(100), date(1960, rng.IntN(31*365)), 1+rng.IntN(998)) // old enough for a child at school
		}
		if _, taken := p.byID[id]; taken {
			continue
		}
		someone := Person{IDNumber: id, Phone: fmt.Sprintf("1990000%04d", len(p.list))}
		someone.Name = makeName(rng, "", someone.Female())
		p.byID[id] = len(p.list)
		p.list = append(p.list, someone)
	}
	return p
}

// makeID returns a number in the area 3299xx.
func makeID(area int, born time.Time, seq int) string {
	s := fmt.Sprintf("3299%02d%s%03d", area, born.Format("20060102"), seq)
	return s + string(idCheck(s))
}

// makeUSCC returns a valid credit code of a company in the area 3299xx.
func makeUSCC(rng *rand.Rand) string {
	org := fmt.Sprintf("MA%06d", rng.IntN(1_000_000))
	s := fmt.Sprintf("913299%02d", rng.IntN(100)) + org + string(orgCheck(org))
	return s + string(usccCheck(s))
}

// makeName returns a common name; an empty surname is drawn.
func makeName(rng *rand.Rand, surname string, female bool) string {
	if surname == "" {
		surname = oneRune(rng, "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾")
	}
	given := "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林"
	if female {
		given = "芳娜敏静丽艳娟霞燕玲桂英梅红玉萍莉兰洁倩雪琳慧婷颖佳欣怡晨月"
	}
	name := surname + oneRune(rng, given)
	if rng.IntN(3) > 0 {
		name += oneRune(rng, given)
	}
	return name
}

func oneRune(rng *rand.Rand, from string) string {
	r := []rune(from)
	return string(r[rng.IntN(len(r))])
}

// repeatable returns a source that gives the same numbers for the same words.
func repeatable(seed uint64, words ...string) *rand.Rand {
	h := digest(seed, words...)
	//nolint:gosec // fictitious data that must come out alike each time
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])))
}

// digest derives 32 bytes from the seed and words.
func digest(seed uint64, words ...string) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint64(nil, seed)
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, uint32(len(w))) //nolint:gosec // words are short
		b = append(b, w...)
	}
	return sha256.Sum256(b)
}
