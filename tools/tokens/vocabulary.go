package tokens

import (
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

const (
	byteTokens    = 256
	bytesPerMerge = 6
)

//go:embed o200k_base.merges.gz
var packedMerges string

// vocabulary maps each token's bytes to its rank. A damaged file panics: it is
// part of the binary, so no input can cause it and no caller could recover.
var vocabulary = sync.OnceValue(func() map[string]int {
	tokens, err := unpackTokens(packedMerges)
	if err != nil {
		panic(fmt.Sprintf("tokens: the embedded vocabulary is damaged: %v", err))
	}
	ranks := make(map[string]int, len(tokens))
	for rank, token := range tokens {
		ranks[token] = rank
	}
	return ranks
})

// unpackTokens returns all tokens in rank order: first one for each byte, then
// each the concatenation of two earlier ones. The two ranks of a merge are six
// bytes, stored column by column because that compresses best.
func unpackTokens(packed string) ([]string, error) {
	reader, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	data, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(data) < byteTokens || (len(data)-byteTokens)%bytesPerMerge != 0 {
		return nil, fmt.Errorf("a length of %d bytes is not %d and a multiple of %d", len(data), byteTokens, bytesPerMerge)
	}
	columns := data[byteTokens:]
	merges := len(columns) / bytesPerMerge
	tokens := make([]string, 0, byteTokens+merges)
	for _, single := range data[:byteTokens] {
		tokens = append(tokens, string([]byte{single}))
	}
	for merge := range merges {
		left := mergeRank(columns, merges, merge)
		right := mergeRank(columns[3*merges:], merges, merge)
		if max(left, right) >= len(tokens) {
			return nil, fmt.Errorf("merge %d names a token that comes after it", merge)
		}
		tokens = append(tokens, tokens[left]+tokens[right])
	}
	return tokens, nil
}

// mergeRank reads one rank from three columns of the given height.
func mergeRank(columns []byte, height, row int) int {
	return int(columns[row])<<16 | int(columns[height+row])<<8 | int(columns[2*height+row])
}
