package text

import (
	"bytes"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// SortKeyVersion names the collation behind SortKey. Keys of different versions do
// not compare with each other: an index that stores another version is rebuilt.
const SortKeyVersion = "1-und-loose-cldr" + collate.CLDRVersion

type collation struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

// A collator works in buffers of its own, so each goroutine borrows one.
var collations = sync.Pool{New: func() any {
	return &collation{collator: collate.New(language.Und, collate.Loose)}
}}

// SortKey returns the key by which s is put in order: keys compare byte by byte and
// give the order of the Unicode collation, with case, accents and width ignored. It
// is for order alone; equality is Fold's. It is safe for concurrent use.
func SortKey(s string) []byte {
	c := collations.Get().(*collation)
	c.buffer.Reset()
	key := bytes.Clone(c.collator.KeyFromString(&c.buffer, s))
	collations.Put(c)
	return key
}
