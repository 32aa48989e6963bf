package tokens

import (
	"math"
	"slices"
)

const noMerge = math.MaxInt

// part is a run of a piece's bytes. rank is that of the token which it and the
// part after it would make, noMerge if they make none.
type part struct {
	start int
	rank  int
}

// countPiece returns how many tokens byte-pair encoding leaves of piece: the
// two neighbours that make the token of lowest rank are merged, the leftmost
// first, until no two neighbours make one.
func countPiece(ranks map[string]int, piece string) int {
	if _, whole := ranks[piece]; whole {
		return 1
	}
	parts := make([]part, len(piece))
	for start := range parts {
		parts[start].start = start
	}
	for index := range parts {
		parts[index].rank = pairRank(ranks, piece, parts, index)
	}
	for {
		lowest := lowestRank(parts)
		if parts[lowest].rank == noMerge {
			return len(parts)
		}
		parts = slices.Delete(parts, lowest+1, lowest+2)
		parts[lowest].rank = pairRank(ranks, piece, parts, lowest)
		if lowest > 0 {
			parts[lowest-1].rank = pairRank(ranks, piece, parts, lowest-1)
		}
	}
}

func lowestRank(parts []part) int {
	lowest := 0
	for index := range parts {
		if parts[index].rank < parts[lowest].rank {
			lowest = index
		}
	}
	return lowest
}

func pairRank(ranks map[string]int, piece string, parts []part, index int) int {
	if index+1 == len(parts) {
		return noMerge
	}
	end := len(piece)
	if index+2 < len(parts) {
		end = parts[index+2].start
	}
	if rank, found := ranks[piece[parts[index].start:end]]; found {
		return rank
	}
	return noMerge
}
