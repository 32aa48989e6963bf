package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
	"github.com/crmcp/crmcp/text"
)

// warnOfChance says that a probability which was given did not stand, as the
// stage of a closed deal decides it.
func (c *Call) warnOfChance(in *schema.Input, r *store.Record) {
	given := in.Values["probability"]
	if stands := r.Values["probability"]; given != nil && given != stands {
		c.Warn(fmt.Sprintf("probability %v was left out: a %s %s has %v", given, r.Text("status"), r.Type.Name, stands))
	}
}

// warnOfOwner says that the owner whom a record was given is inactive.
func (c *Call) warnOfOwner(r *store.Record) error {
	if r.Type.Field("owner") == nil || !r.Has("owner") {
		return nil
	}
	owner, err := c.Tx.Live(c.Type("user"), r.Int("owner"))
	if err != nil {
		return err
	}
	if owner.Text("status") == inactive {
		c.Warn(fmt.Sprintf("the owner %s %s is inactive and cannot use the CRM: list_users shows who can", owner.Key(), owner.Title()))
	}
	return nil
}

// warnOfOwned says what an inactive user still owns.
func (c *Call) warnOfOwned(user *store.Record) error {
	owned, err := c.Tx.OwnedBy(user.Key())
	if err == nil && owned != "" {
		c.Warn(fmt.Sprintf("%s is inactive and still owns %s: update_records with the filter owner = %s hands them on", user.Title(), owned, user.Key()))
	}
	return err
}

// inactive is the status of a user who can do nothing any more.
const inactive = "inactive"

// warnOfSkipped names what a call gave that the record which it met does not
// have and, as it was skipped, did not get.
func (c *Call) warnOfSkipped(in *schema.Input, r *store.Record) {
	var left []string
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		canonical := canonicalField(r.Type, name)
		value := in.Values[canonical]
		same := value != nil && text.Fold(fmt.Sprint(value)) == text.Fold(fmt.Sprint(r.Values[canonical]))
		if in.Has(canonical) && !same && (value != nil || len(in.Links[canonical]) > 0) {
			left = append(left, name)
		}
	}
	for _, name := range []string{"role", "title", "note"} {
		if c.Has(name) && !slices.Contains(left, name) {
			left = append(left, c.Path(name))
		}
	}
	if len(left) > 0 {
		c.Warn(fmt.Sprintf("%s was there and is as before; not written: %s (if_exists update writes to it)", r.Key(), strings.Join(left, ", ")))
	}
}
