package store

import (
	"fmt"

	"github.com/crmcp/crmcp/schema"
)

// mayWrite refuses to create, change or delete a record for a caller whose role
// does not reach; of one's own, members delete more. An undo looks at the
// change that it takes back instead.
func (tx *Tx) mayWrite(action schema.Action, r *Record) error {
	needed := r.Type.LeastRole(action)
	if tx.undoing || tx.unasked || schema.RoleIncludes(tx.role, needed) {
		return nil
	}
	own := r.Type.Rights.Own
	if action == schema.Deleting && own != "" && r.Int(own) == tx.caller.User && schema.RoleIncludes(tx.role, schema.Member) {
		return nil
	}
	doing := [...]string{"create", "change", "delete or restore"}[action] + " " + r.Type.Plural
	if action == schema.Deleting && own == "created_by" && tx.role == schema.Member {
		doing += " that others created"
	} else if action == schema.Deleting && own != "" && tx.role == schema.Member {
		doing += " of others"
	}
	return tx.Permit(needed, doing)
}

// mayChange refuses a change of a record for a caller whose role does not reach.
func (tx *Tx) mayChange(before, after *Record) error {
	action := schema.Updating
	if before.Has("deleted_at") != after.Has("deleted_at") {
		action = schema.Deleting
	}
	return tx.mayWrite(action, before)
}

// mayLink refuses to link and unlink for a caller who only reads.
func (tx *Tx) mayLink() error {
	if tx.undoing {
		return nil
	}
	return tx.Permit(schema.Member, "link records")
}

// Role is what the caller may do as things stand: the user's role narrowed by
// the caller's. Empty: the user is inactive or gone, and may do nothing.
func (tx *Tx) Role() string { return tx.role }

// loadRole reads the caller's role in this transaction, so that a change of it
// holds from the next call on, in every process.
func (tx *Tx) loadRole() error {
	role, active, err := tx.roleOf(tx.caller.User)
	tx.role = ""
	if active {
		tx.role = schema.NarrowerRole(role, tx.caller.Role)
	}
	return err
}

// Permit refuses the caller with forbidden unless it has a role. Doing says
// what for, after "may" ("make API keys").
func (tx *Tx) Permit(needed, doing string) error {
	if schema.RoleIncludes(tx.role, needed) {
		return nil
	}
	if tx.role == "" {
		return schema.Errorf(schema.Forbidden, "%s is inactive and cannot use the CRM: an admin can make them active again", tx.callerName())
	}
	return schema.Errorf(schema.Forbidden, "%s may %s; %s", who(needed), doing, tx.whose())
}

// who names the roles that include one.
func who(needed string) string {
	switch needed {
	case schema.Admin:
		return "only admins"
	case schema.Consultant:
		return "only consultants and admins"
	case schema.Member:
		return "only members, consultants and admins"
	}
	return "everybody"
}

// whose says which role the caller has, and why.
func (tx *Tx) whose() string {
	if own, _, err := tx.roleOf(tx.caller.User); err == nil && own != tx.role {
		return fmt.Sprintf("this key is narrowed to the role %s", tx.role)
	}
	return fmt.Sprintf("%s has the role %s, which an admin can change", tx.callerName(), tx.role)
}

func (tx *Tx) callerName() string {
	refs, err := tx.Refs(tx.Schema().Type("user"), []int64{tx.caller.User})
	if err == nil && refs[tx.caller.User].Name != "" {
		return refs[tx.caller.User].Name
	}
	return tx.Schema().Type("user").IDString(tx.caller.User)
}
