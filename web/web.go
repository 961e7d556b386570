package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

//go:embed templates locales static
var files embed.FS

// Me is the person who reads the page.
type Me struct {
	Name       string
	Username   string
	Department string
	Role       fault.Text
}

// NavItem is one entry of the left navigation. Count 0 is not shown.
type NavItem struct {
	Path  string
	Title fault.Text
	Count int64
	Here  bool
}

// Frame is what surrounds every page.
type Frame struct {
	Lang      string    // of the page: zh or en
	Path      string    // of the page, with its query: where the language switch comes back to
	RequestID string    // shown with problems; makes the page's forms unique
	Me        *Me       // nil before login
	Nav       []NavItem // only what the reader may open
	Unread    int64     // notices not seen yet
	Query     string    // what was searched on this page
	Version   string    // of the program
	Outages   []Outage  // of the exchange platforms, that are on
	Live      bool      // GET /live sends an event when something of the reader's changed
	Now       time.Time // when the page was made; relative times count from it
}

// Outage is the line that stands on every page while a platform is away.
type Outage struct {
	ID   int64
	Line fault.Text
}

// Opens reports whether the reader may open the page at path.
func (f Frame) Opens(path string) bool {
	return slices.ContainsFunc(f.Nav, func(n NavItem) bool { return n.Path == path })
}

// Searched is what the search box of the frame shows: the words that were
// searched among the cases. Other pages have search boxes of their own.
func (f Frame) Searched() string {
	if !strings.HasPrefix(f.Path, "/cases?") {
		return ""
	}
	return f.Query
}

// Problem is a refused request, as a person reads it.
type Problem struct {
	Status    int        // of HTTP
	Code      string     // stable word: the fault's kind
	Title     fault.Text // empty: the standard words of the status
	Detail    fault.Text // one sentence on what to do
	Fields    []fault.Field
	Rule      string // the missing permission, with 403
	RequestID string

	// With 409: the case as it is now and what happened since the reader's page
	// was made. Since holds event views, the oldest first.
	Case    string // URL of the case
	Number  string // its number
	State   fault.Text
	Version int64
	Since   []any
	Again   *Again
}

// Again repeats a refused form on the present version of the case.
type Again struct {
	URL    string
	Action fault.Text        // the action's title
	Fields map[string]string // what was typed, without the version
}

// View is one page.
type View struct {
	Frame   Frame
	Data    any
	Problem *Problem // nil when all is well
}

// Views renders pages. It is safe for concurrent use.
type Views struct {
	pages  map[string]map[string]*template.Template // by language and page
	static *static
}

// New parses every page once per language.
func New() (*Views, error) {
	st, err := newStatic(files)
	if err != nil {
		return nil, err
	}
	v := &Views{pages: map[string]map[string]*template.Template{}, static: st}
	for _, lang := range Languages() {
		texts, err := loadTexts(files, lang)
		if err != nil {
			return nil, err
		}
		if v.pages[lang], err = parse(files, funcs(lang, texts, st)); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// parse reads every page of templates/pages with the layout and the partials.
func parse(from fs.FS, fm template.FuncMap) (map[string]*template.Template, error) {
	base, err := template.New("").Option("missingkey=error").Funcs(fm).
		ParseFS(from, "templates/*.html", "templates/partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	names, err := fs.Glob(from, "templates/pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		t, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		if t, err = t.ParseFS(from, name); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return pages, nil
}

// Render writes a page in lang: "en", or Chinese for anything else. When it
// fails, nothing was written.
func (v *Views) Render(w io.Writer, lang, page string, data View) error {
	if lang != english {
		lang = chinese
	}
	data.Frame.Lang = lang
	t := v.pages[lang][page]
	if t == nil {
		return fmt.Errorf("no page %q", page)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, "layout", data); err != nil {
		return fmt.Errorf("page %s: %w", page, err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("page %s: %w", page, err)
	}
	return nil
}

// Pages lists the names of the pages.
func (v *Views) Pages() []string {
	var names []string
	for name := range v.pages[chinese] {
		names = append(names, name)
	}
	return names
}
