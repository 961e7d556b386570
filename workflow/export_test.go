package workflow

// Chinese is what the tests of this room may look at behind the door: the
// Chinese of a sentence of a check.
func Chinese(format string) string { return chinese(format) }
