package tools

import (
	"context"
	"slices"

	"github.com/crmcp/crmcp/schema"
	"github.com/crmcp/crmcp/store"
)

// LeastRole is the role that a caller needs to call the tool at all; the store
// looks at each record besides. What reads is for everybody, what takes away
// and what sets the CRM up for few, unless the tool says otherwise.
func (t *Tool) LeastRole() string {
	switch {
	case t.Role != "":
		return t.Role
	case !t.IsWriting():
		return schema.Viewer
	case t.Set == "admin":
		return schema.Admin
	case t.Mode == Destroy:
		return schema.Consultant
	}
	return schema.Member
}

// For gives the service that a caller has: the tools that its role allows as
// it stands now, of the toolsets that its key is limited to (empty: no limit),
// without those that write where it may only read. What this service does not
// allow stays forbidden, and With on the service that it gives widens nothing.
// An inactive user has no tools. It costs one short read, so that a server can
// ask for it with every request.
func (s *Service) For(ctx context.Context, caller store.Caller, toolsets string, readOnly bool, maxText int) (*Service, error) {
	other := *s
	other.options.MaxText, other.readOnlyKey = maxText, s.readOnlyKey || readOnly
	if toolsets != "" {
		limited, err := selectTools(s.allowed, toolsets, false)
		if err != nil {
			return nil, err
		}
		other.allowed, other.options.Toolsets, other.limit = limited, "all", toolsets
	}
	err := s.db.View(ctx, caller, func(tx *store.Tx) error {
		other.role = tx.Role()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &other, other.choose(other.options.Toolsets)
}

// choose switches on the tools of a choice of toolsets, as far as they are
// allowed. A choice of which nothing is left is an error, unless it is the
// caller's role that leaves nothing.
func (s *Service) choose(toolsets string) error {
	chosen, err := selectTools(s.allowed, toolsets, s.ReadOnly())
	if err != nil {
		return err
	}
	s.enabled, s.withheld = nil, nil
	for _, t := range chosen {
		if s.isFor(t) {
			s.enabled = append(s.enabled, t)
		} else {
			s.withheld = append(s.withheld, t)
		}
	}
	return nil
}

// isFor says whether the role for which the service was made may call a tool.
func (s *Service) isFor(t *Tool) bool {
	return s.role == anyRole || schema.RoleIncludes(s.role, t.LeastRole())
}

// actingAs adds to a shown user the role that the caller has in this call,
// where an API key narrows the user's own.
func (c *Call) actingAs(user *Object) *Object {
	if role := c.Tx.Role(); user.Get("role") != role {
		user.Set("acting_as", role)
	}
	return user
}

// anyRole is that of a service made for no caller: each call is judged by the
// role of whoever makes it.
const anyRole = "any"

// permit refuses a call for which the caller has not the role.
func (c *Call) permit(tx *store.Tx) error { return tx.Permit(c.Tool.LeastRole(), "use "+c.Tool.Name) }

// whyOff says why a tool is not on.
func (s *Service) whyOff(t *Tool) error {
	switch {
	case s.options.ReadOnly && t.IsWriting():
		return schema.Errorf(schema.ReadOnlyMode, "%s is off: this CRM is served read-only", t.Name)
	case s.readOnlyKey && t.IsWriting():
		return schema.Errorf(schema.ReadOnlyMode, "%s is off: this API key may only read", t.Name)
	case s.limit != "" && !slices.Contains(s.allowed, t):
		return schema.Errorf(schema.Forbidden, "%s is off: this API key is limited to the toolsets %s", t.Name, s.limit)
	}
	return schema.Errorf(schema.NotFound, "%s is off: it is in the toolset %s (crmcp serve --toolsets %s)", t.Name, quote(t.Set), t.Set)
}
