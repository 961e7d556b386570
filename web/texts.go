package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// The languages of the pages.
const (
	chinese = "zh"
	english = "en"
)

// Languages lists the languages of the pages, the default first.
func Languages() []string { return []string{chinese, english} }

// texts are the words of the pages in one language, by key. {0}, {1} … stand
// for arguments.
type texts map[string]string

func loadTexts(from fs.FS, lang string) (texts, error) {
	raw, err := fs.ReadFile(from, "locales/"+lang+".json")
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	t := texts{}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("texts: %s: %w", lang, err)
	}
	return t, nil
}

// text returns the words of key with its arguments. A key that does not exist
// is an error, so no page can show one.
func (t texts) text(key string, args ...any) (string, error) {
	s, ok := t[key]
	if !ok {
		return "", fmt.Errorf("no text %q", key)
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, "{"+strconv.Itoa(i)+"}", fmt.Sprint(a))
	}
	return s, nil
}
