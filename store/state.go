package store

import (
	"time"

	"github.com/crmcp/crmcp/schema"
)

// state is what every transaction begins with. Nobody may change it, as a
// connection that only reads keeps it for its next transactions.
type state struct {
	// version is that of the data for the connection which read the state.
	version int64
	schema  *schema.Schema
	hooks   []hook
	company *Record
	// location and weekStart are the company's.
	location  *time.Location
	weekStart time.Weekday
	// roles are those of the users who were asked for, by their ids, and keys
	// the API keys by theirs.
	roles map[int64]userRole
	keys  map[string]APIKey
	// deciders are the records whose filters decide their members, by type.
	deciders map[*schema.Type][]decider
}

// userRole is what a user may do; name is empty where there is no such user.
type userRole struct {
	name   string
	active bool
}

// loadState gives the state that the transaction begins with. A connection that
// only reads keeps the one that it read before for as long as nothing was
// committed since. To ask that is the first statement of the transaction, so
// that the answer is about the very state on which the others run.
func (tx *Tx) loadState() (*state, error) {
	if tx.write {
		return tx.readState()
	}
	var version int64
	if _, err := tx.oneOf(tx.quick, dataVersionSQL, nil, &version); err != nil {
		return nil, err
	}
	if known := tx.session.known; known != nil && known.version == version {
		tx.schema, tx.hooks = known.schema, known.hooks
		return known, nil
	}
	fresh, err := tx.readState()
	if err != nil {
		return nil, err
	}
	fresh.version = version
	tx.session.known = fresh
	return fresh, nil
}

func (tx *Tx) readState() (*state, error) {
	if err := tx.checkState(); err != nil {
		return nil, err
	}
	company, err := tx.Get(tx.Schema().Type("company"), 1)
	if err != nil {
		return nil, err
	}
	location, err := time.LoadLocation(company.Text("timezone"))
	if err != nil {
		location = time.UTC
	}
	return &state{schema: tx.schema, hooks: tx.hooks, company: company, location: location,
		weekStart: weekday(company.Text("week_start")), roles: map[int64]userRole{}, keys: map[string]APIKey{}, deciders: map[*schema.Type][]decider{}}, nil
}

func weekday(name string) time.Weekday {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name != "" && len(name) > 2 && name[1:] == day.String()[1:] && name[0]|0x20 == day.String()[0]|0x20 {
			return day
		}
	}
	return time.Monday
}

// roleOf reads the role of a user; empty where there is none.
func (tx *Tx) roleOf(user int64) (role string, active bool, err error) {
	known := tx.known()
	if one, ok := known.roles[user]; ok {
		return one.name, one.active, nil
	}
	_, err = tx.oneOf(tx.quick, roleSQL, []any{user}, &role, &active)
	if err == nil && role != "" && known.roles != nil {
		known.roles[user] = userRole{role, active}
	}
	return role, active, err
}

// known is the state that the connection keeps; an empty one, into which nothing
// is to be written, for a transaction that may change what it is read from.
func (tx *Tx) known() *state {
	if tx.write || tx.session.known == nil {
		return &state{}
	}
	return tx.session.known
}

const roleSQL = `SELECT coalesce(role, 'member'), coalesce(status, '') <> 'inactive' FROM user WHERE id = ? AND deleted_at IS NULL`
