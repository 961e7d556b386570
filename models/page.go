package models

// Page is one page of a list. Next is the cursor of the page after it, empty on
// the last one.
type Page[T any] struct {
	Items []T
	Next  string
}

// The bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 100
)
