package schema

import "slices"

// The roles of users, each with all that the one before may do.
const (
	// Viewer reads all records but others' private notes.
	Viewer = "viewer"
	// Member creates, changes and links; of organizations only changes; deletes
	// own notes, activities and tasks.
	Member = "member"
	// Consultant makes every write of records, and undoes anyone's changes.
	Consultant = "consultant"
	// Admin also sets up users, fields, pipelines and the company.
	Admin = "admin"
)

// Roles are all roles, the one that may least first.
func Roles() []string { return []string{Viewer, Member, Consultant, Admin} }

// rolesDownward are all roles, the one that may most first.
func rolesDownward() []string {
	roles := Roles()
	slices.Reverse(roles)
	return roles
}

// RoleIncludes says whether a role may do what another may. The empty role,
// that of an inactive user, includes none.
func RoleIncludes(role, needed string) bool {
	return role != "" && slices.Index(Roles(), role) >= slices.Index(Roles(), needed)
}

// NarrowerRole is the lesser of a role and a limit to it; an empty limit is
// none, and one that is no role leaves nothing.
func NarrowerRole(role, limit string) string {
	if limit == "" || RoleIncludes(limit, role) {
		return role
	}
	if !slices.Contains(Roles(), limit) {
		return ""
	}
	return limit
}

// Rights are the least roles that may write records of a type. Where one is
// empty the usual holds: members create and change, consultants delete.
type Rights struct {
	Create, Update, Delete string
	// Own is the field with the user whose records they are: members may delete
	// those of their own. Empty: there are none.
	Own string
}

// onlyAdmins are the rights of what sets the CRM up for everybody.
func onlyAdmins() Rights { return Rights{Create: Admin, Update: Admin, Delete: Admin} }

// Action is what is done to a record as a whole.
type Action int

// The actions. Taking a record out of the trash counts as deleting it.
const (
	Creating Action = iota
	Updating
	Deleting
)

// LeastRole is the role that an action on records of the type needs.
func (t *Type) LeastRole(action Action) string {
	special := [...]string{t.Rights.Create, t.Rights.Update, t.Rights.Delete}[action]
	switch {
	case special != "":
		return special
	case action == Deleting && t.Class != Part:
		return Consultant
	}
	return Member
}
