package store

// Generation numbers the form of the tables. It counts up with every change
// of the DDL that has been released; a file of a higher generation belongs to
// a newer program.
const Generation = 2

// steps are what an upgrade needs beyond new tables, columns and indexes,
// which follow from the schema: the steps of a generation bring a file of the
// one before to it, in order.
var steps = map[int][]func(*Tx) error{
	2: {},
}
