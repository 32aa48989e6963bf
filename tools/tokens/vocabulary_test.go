package tokens

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"testing"
)

// publishedHash is the SHA-256 that tiktoken expects of o200k_base.tiktoken.
const publishedHash = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

func TestVocabularyIsThePublishedOne(t *testing.T) {
	tokens, err := unpackTokens(packedMerges)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	for rank, token := range tokens {
		fmt.Fprintf(hash, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(token)), rank)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != publishedHash {
		t.Errorf("the vocabulary of %d tokens has hash %s, want %s", len(tokens), got, publishedHash)
	}
}

func TestDamagedVocabularyIsAnError(t *testing.T) {
	for name, packed := range map[string]string{
		"empty":     "",
		"not gzip":  "tokens",
		"truncated": packedMerges[:len(packedMerges)/2],
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := unpackTokens(packed); err == nil {
				t.Error("no error")
			}
		})
	}
}
