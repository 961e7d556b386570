// Package sheet reads and writes tables in the files that offices keep them in:
// CSV and xlsx. It knows nothing of what the tables are about.
//
// What is read comes from outside. A file is measured before it is unpacked, so
// that a small one cannot become a large one; rows, columns and cells have
// limits; and what is written cannot be taken for a formula by the program that
// opens it (see [Neutral]).
package sheet
