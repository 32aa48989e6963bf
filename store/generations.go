package store

// released is the number of the form of the tables that this program makes.
const released = 2

// steps are what an upgrade needs beyond new tables, columns and indexes,
// which follow from the schema: the steps of a generation bring a file of the
// one before to it, in order.
var steps = map[int][]func(*Tx) error{
	2: {
		(*Tx).tallyAnew,
		(*Tx).separateNumbered,
		(*Tx).separatePrivate,
	},
}
