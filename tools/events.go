package tools

import (
	"encoding/json"

	"github.com/crmcp/crmcp/store"
)

// WholeRecords writes records as get_records gives them, for webhooks.
func WholeRecords(tx *store.Tx, records []*store.Record) ([]json.RawMessage, error) {
	c := &Call{Tx: tx}
	objects, err := c.RenderMixed(records, Whole)
	if err != nil {
		return nil, err
	}
	shown := make([]json.RawMessage, len(objects))
	for i, o := range objects {
		if shown[i], err = o.MarshalJSON(); err != nil {
			return nil, err
		}
	}
	return shown, nil
}
