package exchange

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// element is an element of an XML document by its local name. Old providers
// mix up prefixes and namespaces, so nobody asks for them.
type element struct {
	name     string
	text     string // its own character data, trimmed
	children []*element
}

// maxDepth is how deep elements may lie in each other; design.
const maxDepth = 64

var (
	errXML   = errors.New("the document is not XML")
	errDTD   = errors.New("the document has a document type, which nobody needs and which may hide entities")
	errDepth = errors.New("the elements of the document lie too deep in each other")
)

// parseXML reads a document of UTF-8, whatever its declaration says: it was
// decoded before, or lay as text in another one.
func parseXML(text string) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	root := &element{}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errXML
		}
		at := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, errDepth
			}
			e := &element{name: t.Name.Local}
			at.children = append(at.children, e)
			open = append(open, e)
		case xml.EndElement:
			at.text = strings.TrimSpace(at.text)
			open = open[:len(open)-1]
		case xml.CharData:
			at.text += string(t)
		case xml.Directive:
			return nil, errDTD
		}
	}
	if len(root.children) != 1 || strings.TrimSpace(root.text) != "" {
		return nil, errXML
	}
	return root.children[0], nil
}

// find returns the first element of that name in document order, e itself
// included, nil when there is none. Names are compared without regard to case.
func (e *element) find(name string) *element {
	if e == nil || strings.EqualFold(e.name, name) {
		return e
	}
	for _, c := range e.children {
		if got := c.find(name); got != nil {
			return got
		}
	}
	return nil
}

// value returns the text of the first element of that name, "" when there is
// none.
func (e *element) value(name string) string {
	if got := e.find(name); got != nil {
		return got.text
	}
	return ""
}

// all returns the elements of that name which lie in no other one of it.
func (e *element) all(name string) []*element {
	if strings.EqualFold(e.name, name) {
		return []*element{e}
	}
	var list []*element
	for _, c := range e.children {
		list = append(list, c.all(name)...)
	}
	return list
}

// texts lists all texts in document order.
func (e *element) texts() []string {
	var list []string
	if e.text != "" {
		list = append(list, e.text)
	}
	for _, c := range e.children {
		list = append(list, c.texts()...)
	}
	return list
}

// escapeXML writes s as character data.
func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
