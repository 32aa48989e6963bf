package store

// renew goes on with the schema as the undo itself has left it: a custom field
// that it brought back gets its values back by what it undoes next.
func (u *undoing) renew(row *undoRow) error {
	if len(u.tx.redefined) > 0 {
		if err := u.tx.settle(); err != nil {
			return err
		}
		records := u.done.Records
		u.done.Records, u.written = nil, map[Key]bool{}
		for _, key := range records {
			u.wrote(u.tx.renewed(key))
		}
	}
	row.subject, row.object = u.tx.renewed(row.subject), u.tx.renewed(row.object)
	return nil
}

// renewed is a key under the transaction's present schema.
func (tx *Tx) renewed(key Key) Key {
	if key.Type == nil {
		return key
	}
	return Key{tx.schema.Type(key.Type.Name), key.ID}
}
