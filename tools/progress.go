package tools

import "context"

// Progress hears how much of a long call is done, in pieces of which the call
// knows how many there are. It is called inside the transaction, so it must
// not wait for anything.
type Progress func(done, total int)

type progressKey struct{}

// WithProgress lets a call that is made with the context tell how far it is.
func WithProgress(ctx context.Context, progress Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, progress)
}

// Progress tells whoever has asked for it that so many pieces of the work are
// done. The steps of a batch are silent: the batch counts them.
func (c *Call) Progress(done, total int) {
	if c.outer != nil {
		return
	}
	if progress, ok := c.Ctx.Value(progressKey{}).(Progress); ok {
		progress(done, total)
	}
}
