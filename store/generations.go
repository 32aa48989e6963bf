package store

// released is the number of the form of the tables that this program makes.
const released = 3

// steps are what an upgrade needs beyond new tables, columns and indexes,
// which follow from the schema: the steps of a generation bring a file of the
// one before to it, in order.
var steps = map[int][]func(*Tx) error{
	2: {
		(*Tx).tallyAnew,
		(*Tx).separateNumbered,
		(*Tx).separatePrivate,
	},
	3: {
		(*Tx).dropNeedless,
		(*Tx).keepShortWords,
		(*Tx).smallPages,
		(*Tx).numberCurrencies,
	},
}

// dropNeedless takes away the indexes that cost each write and served no read:
// parts are never listed by their changes, and what a unique index leads to
// needs no other.
func (tx *Tx) dropNeedless() error {
	for _, name := range []string{"membership_by_updated_at", "contact_detail_by_updated_at",
		"membership_of_organization_contact", "line_of_deal_service"} {
		if err := tx.exec("DROP INDEX IF EXISTS " + name); err != nil {
			return err
		}
	}
	return nil
}

// smallPages makes what is merged of the full-text index from now on in small
// pages.
func (tx *Tx) smallPages() error { return tx.exec(smallPagesSQL) }
